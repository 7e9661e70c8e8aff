"""Every read of the context, one file per aggregate."""
