"""Which passkeys we ask for."""

from __future__ import annotations

from flask_security import WebauthnUtil
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.tenants.models import User


class OurPasskeys(WebauthnUtil):
    """The person's own phone or computer, or a key that is plugged in. A passkey that opens the door
    alone verifies the person (finger, face, code): it is two proofs in one (ASVS 6.3.3)."""

    def authenticator_selection(self, user: User, usage: str) -> AuthenticatorSelectionCriteria:
        """What a new key must be able to do."""
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=self.user_verification(user, [usage]),
        )

    def user_verification(self, user: User | None, usage: list[str]) -> UserVerificationRequirement:
        """Required at the door; after another proof, having the key is enough."""
        if usage == ["first"]:
            return UserVerificationRequirement.REQUIRED
        return UserVerificationRequirement.PREFERRED
