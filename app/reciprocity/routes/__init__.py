"""The pages of the context, one file per aggregate."""

from app.reciprocity.routes import api, cheques, figures, home, openapi, tokens

BLUEPRINTS = (
    cheques.bp,
    api.bp,
    openapi.bp,
    figures.bp,
    home.bp,
    tokens.bp,
)
