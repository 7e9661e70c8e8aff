"""The pages of the context, one file per aggregate."""

BLUEPRINTS = ()
