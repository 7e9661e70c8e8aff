"""Every write of the context, one file per aggregate."""
