"""Forms of the door. Flask-Security's, in our words and without « remember me »; and those of the links."""

from __future__ import annotations

from typing import Any, ClassVar

from flask_security import forms as fs
from flask_security.recovery_codes import MfRecoveryForm
from flask_security.tf_plugin import TwoFactorSelectForm
from flask_security.webauthn import (
    WebAuthnRegisterForm,
    WebAuthnSigninForm,
    WebAuthnSigninResponseForm,
)
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, StringField
from wtforms.validators import DataRequired, Email, Length

ADDRESS = ("Votre adresse e-mail", "Celle où vous avez reçu votre invitation.")
SIX_DIGITS = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": "12"}
NEW_PASSWORD = (
    "Nouveau mot de passe",
    "Au moins 12 caractères. Quatre mots sans rapport entre eux font un bon mot de passe.",
)
ONCE_MORE = ("Le même, encore une fois", "")


class Worded:
    """Gives Flask-Security's fields our words: field → (question, hint)."""

    words: ClassVar[dict[str, tuple[str, str]]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (question, hint) in self.words.items():
            field = self[name]  # type: ignore[index]  # a form, by the class beside this one
            field.label.text, field.description = question, hint


def _never() -> BooleanField:
    """« Remember me » always says no: a cookie that signs in again would outlive a revoked session."""
    return BooleanField(filters=[lambda _: False])


class PasswordForm(Worded, fs.LoginForm):
    words: ClassVar = {"email": ("Votre adresse e-mail", ""), "password": ("Mot de passe", "")}
    remember = _never()


class ProofForm(Worded, fs.VerifyForm):
    words: ClassVar = {"password": ("Votre mot de passe", "")}


class ForgottenForm(Worded, fs.ForgotPasswordForm):
    words: ClassVar = {"email": ADDRESS}


class ConfirmationForm(Worded, fs.SendConfirmationForm):
    words: ClassVar = {"email": ADDRESS}


class NewPasswordForm(Worded, fs.ResetPasswordForm):
    words: ClassVar = {"password": NEW_PASSWORD, "password_confirm": ONCE_MORE}


class ChangedPasswordForm(Worded, fs.ChangePasswordForm):
    words: ClassVar = {
        "password": ("Votre mot de passe d’aujourd’hui", ""),
        "new_password": NEW_PASSWORD,
        "new_password_confirm": ONCE_MORE,
    }


class AppCodeForm(Worded, fs.TwoFactorVerifyCodeForm):
    words: ClassVar = {
        "code": (
            "Le code de votre application",
            "Six chiffres, qui changent toutes les 30 secondes.",
        )
    }


class RecoveryCodeForm(Worded, MfRecoveryForm):
    words: ClassVar = {
        "code": (
            "Un de vos codes de secours",
            "Par exemple 1a2b-3c4d-5e6f. Il ne sert qu’une fois.",
        )
    }


class SecondWayForm(Worded, TwoFactorSelectForm):
    words: ClassVar = {"which": ("Comment voulez-vous confirmer ?", "")}


class PasskeyForm(Worded, WebAuthnRegisterForm):
    words: ClassVar = {
        "name": ("Comment appeler cette clé ?", "Par exemple « Téléphone d’Alice »."),
        "usage": ("", ""),
    }


class PasskeySignInForm(WebAuthnSigninForm):
    remember = _never()


class PasskeyResponseForm(WebAuthnSigninResponseForm):
    remember = _never()


FORMS = {
    "login_form": PasswordForm,
    "verify_form": ProofForm,
    "forgot_password_form": ForgottenForm,
    "send_confirmation_form": ConfirmationForm,
    "reset_password_form": NewPasswordForm,
    "change_password_form": ChangedPasswordForm,
    "two_factor_verify_code_form": AppCodeForm,
    "two_factor_select_form": SecondWayForm,
    "mf_recovery_form": RecoveryCodeForm,
    "wan_register_form": PasskeyForm,
    "wan_signin_form": PasskeySignInForm,
    "wan_signin_response_form": PasskeyResponseForm,
}
"""Flask-Security's names of the forms we put in place of its own."""


class LinkForm(FlaskForm):
    """Where to send a link that signs in."""

    email = EmailField(
        ADDRESS[0],
        id="adresse-du-lien",  # the page holds the password's form too
        description=ADDRESS[1],
        render_kw={"autocomplete": "username"},
        validators=[
            DataRequired("Écrivez votre adresse e-mail."),
            Email("Cette adresse n’est pas complète. Exemple : prenom@exemple.fr"),
            Length(max=320),
        ],
    )
    next = HiddenField()


class CodeForm(FlaskForm):
    """A code, received by e-mail or read in the application of codes."""

    code = StringField(
        "Le code à six chiffres",
        render_kw=SIX_DIGITS,
        filters=[lambda text: "".join((text or "").split())],
        validators=[DataRequired("Écrivez le code."), Length(max=12)],
    )
    next = HiddenField()
