"""The pages of the context, one file per aggregate."""

from app.conventions.routes import conventions, library, received, signing, types, verification
from app.conventions.routes import drafts as _drafts  # noqa: F401 the draft's pages, on types.bp
from app.conventions.routes import home as _home  # noqa: F401 gives the home its tasks

BLUEPRINTS = (
    library.bp,
    types.bp,
    conventions.bp,
    received.bp,
    signing.bp,
    verification.bp,
)
