"""The pages of the context, one file per aggregate."""

from app.reciprocity.routes import api, cheques, figures, openapi, tokens

BLUEPRINTS = (
    cheques.bp,
    api.bp,
    openapi.bp,
    figures.bp,
    tokens.bp,
)
