"""Every read of the context, one file per aggregate."""

from app.reciprocity.queries.proof import measure

__all__ = ["measure"]
