"""The pages of the context, one file per aggregate."""

from app.reciprocity.routes import api, cheques, openapi, tokens

BLUEPRINTS = (
    cheques.bp,
    api.bp,
    openapi.bp,
    tokens.bp,
)
