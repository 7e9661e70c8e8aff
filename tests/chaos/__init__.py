"""The house in real processes, killed at every point of the signing journey."""
