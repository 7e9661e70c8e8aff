"""The hours: who gives, who receives, and the ledger that keeps count in minutes."""
