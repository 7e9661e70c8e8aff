"""The pages of the context, one file per aggregate."""

from app.conventions.routes import conventions, received, signing, verification
from app.conventions.routes import home as _home  # noqa: F401 gives the home its tasks

BLUEPRINTS = (conventions.bp, received.bp, signing.bp, verification.bp)
