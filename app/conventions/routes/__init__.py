"""The pages of the context, one file per aggregate."""

from app.conventions.routes import conventions, received, signing, verification

BLUEPRINTS = (conventions.bp, received.bp, signing.bp, verification.bp)
