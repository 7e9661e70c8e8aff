"""The pages of the context, one file per aggregate."""

from app.tenants.routes import (
    about,
    account,
    bulles,
    courrier,
    door,
    home,
    invitations,
    journal,
    people,
    register,
    works,
)

BLUEPRINTS = (
    home.bp,
    bulles.bp,
    register.bp,
    people.bp,
    invitations.bp,
    journal.bp,
    works.bp,
    courrier.bp,
    about.bp,
    door.bp,
    account.bp,
    account.picker,
)
