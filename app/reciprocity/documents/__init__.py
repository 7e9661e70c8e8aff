"""What the context prints, one file per document."""
