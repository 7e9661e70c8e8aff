"""Programs run as processes of their own, 8 at once, all driven alike (turns.py)."""
