"""The pages of the context, one file per aggregate."""

from app.tenants.routes import about, bulles, courrier, home, journal, register, works

BLUEPRINTS = (home.bp, bulles.bp, register.bp, journal.bp, works.bp, courrier.bp, about.bp)
