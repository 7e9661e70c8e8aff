"""The forms of the context, one file per aggregate."""
