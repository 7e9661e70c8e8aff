"""${message}

Runs while the previous version still serves: add, fill, switch, drop, each in its own release.
A new tenant-owned table goes through `protect()`, its grants through `grant()` (migrations/rls.py).
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
