"""The pages of the context, one file per aggregate."""

from app.reciprocity.routes import api, openapi, tokens

BLUEPRINTS = (
    api.bp,
    openapi.bp,
    tokens.bp,
)
