"""Every form of the context, one file per aggregate."""
