"""The context's background work: ids in, one command called."""
