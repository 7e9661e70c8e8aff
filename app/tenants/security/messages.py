"""What Flask-Security says, in plain French. Those it never says here keep its own words."""

from __future__ import annotations

START_AGAIN = "Ce lien ne marche plus. Demandez-en un autre."

SENTENCES = {
    "GENERIC_AUTHN_FAILED": "L’adresse ou le mot de passe ne va pas. Vérifiez-les, ou demandez un lien.",
    "UNAUTHENTICATED": "Connectez-vous pour continuer.",
    "REAUTHENTICATION_REQUIRED": "Pour continuer, dites-nous encore que c’est bien vous.",
    "PASSWORD_RESET_REQUEST": "Si nous connaissons cette adresse, un lien est en route. Il vaut 30 minutes.",
    "PASSWORD_RESET_EXPIRED": START_AGAIN,
    "INVALID_RESET_PASSWORD_TOKEN": START_AGAIN,
    "CONFIRMATION_REQUIRED": "Confirmez d’abord votre adresse : ouvrez l’e-mail que nous avons envoyé.",
    "CONFIRMATION_REQUEST": "Si nous connaissons cette adresse, un e-mail est en route.",
    "CONFIRMATION_EXPIRED": START_AGAIN,
    "INVALID_CONFIRMATION_TOKEN": START_AGAIN,
    "EMAIL_CONFIRMED": "Votre adresse est confirmée.",
    "ALREADY_CONFIRMED": "Votre adresse est déjà confirmée.",
    "DISABLED_ACCOUNT": "Ce compte est fermé. Parlez-en à la personne qui administre votre espace.",
    "EMAIL_NOT_PROVIDED": "Écrivez votre adresse e-mail.",
    "INVALID_EMAIL_ADDRESS": "Cette adresse n’est pas complète. Exemple : prenom@exemple.fr",
    "INVALID_INPUT": "Nous ne comprenons pas cette réponse.",
    "PASSWORD_NOT_PROVIDED": "Écrivez votre mot de passe.",
    "PASSWORD_INVALID_LENGTH": "Ce mot de passe est trop court. Écrivez au moins %(length)s caractères.",
    "INVALID_PASSWORD": "Ce mot de passe n’est pas le bon.",
    "PASSWORD_IS_THE_SAME": "C’est le même mot de passe qu’avant. Choisissez-en un autre.",
    "RETYPE_PASSWORD_MISMATCH": "Les deux mots de passe sont différents. Écrivez deux fois le même.",
    "PASSWORD_CHANGE": "Votre mot de passe est changé. Vos autres appareils sont déconnectés.",
    "PASSWORD_RESET_NO_LOGIN": "Votre mot de passe est changé. Connectez-vous avec le nouveau.",
    "REAUTHENTICATION_SUCCESSFUL": "Merci, c’est bien vous.",
    "INVALID_RECOVERY_CODE": "Ce code de secours ne va pas. Chaque code ne sert qu’une fois.",
    "NO_RECOVERY_CODES_SETUP": "Vous n’avez pas encore de codes de secours.",
    "TWO_FACTOR_INVALID_TOKEN": "Ce code ne va pas. Attendez le suivant dans votre application.",
    "TWO_FACTOR_LOGIN_SUCCESSFUL": "Votre code est le bon. Bienvenue.",
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": "L’application de codes est en place.",
    "TWO_FACTOR_PERMISSION_DENIED": "La connexion a trop attendu. Recommencez.",
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": "Ce moyen n’existe pas ici.",
    "TWO_FACTOR_DISABLED": "L’application de codes est retirée.",
    "TWO_FACTOR_SETUP_EXPIRED": "La mise en place a trop attendu. Recommencez.",
    "WEBAUTHN_EXPIRED": "La demande a trop attendu. Recommencez.",
    "WEBAUTHN_NAME_REQUIRED": "Donnez un nom à cette clé, par exemple « Téléphone ».",
    "WEBAUTHN_NAME_INUSE": "Vous avez déjà une clé qui s’appelle « %(name)s ».",
    "WEBAUTHN_NAME_NOT_FOUND": "Vous n’avez pas de clé qui s’appelle « %(name)s ».",
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": "Dans ce nom, écrivez des lettres et des chiffres.",
    "WEBAUTHN_CREDENTIAL_DELETED": "La clé « %(name)s » est retirée.",
    "WEBAUTHN_REGISTER_SUCCESSFUL": "La clé « %(name)s » est ajoutée.",
    "WEBAUTHN_CREDENTIAL_ID_INUSE": "Cette clé est déjà enregistrée.",
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": "Nous ne connaissons pas cette clé.",
    "WEBAUTHN_NO_VERIFY": "Nous n’avons pas pu vérifier cette clé. Recommencez.",
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": "Cette clé ne sert pas à cela.",
    "WEBAUTHN_MISMATCH_USER_HANDLE": "Cette clé est celle d’un autre compte.",
    "API_ERROR": "La réponse de l’appareil ne va pas. Recommencez.",
}

DONE = {
    "ALREADY_CONFIRMED",
    "CONFIRMATION_REQUEST",
    "EMAIL_CONFIRMED",
    "PASSWORD_RESET_REQUEST",
    "REAUTHENTICATION_SUCCESSFUL",
    "PASSWORD_CHANGE",
    "PASSWORD_RESET_NO_LOGIN",
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL",
    "TWO_FACTOR_DISABLED",
    "TWO_FACTOR_LOGIN_SUCCESSFUL",
    "WEBAUTHN_CREDENTIAL_DELETED",
    "WEBAUTHN_REGISTER_SUCCESSFUL",
}

MESSAGES = {
    name: (sentence, "message" if name in DONE else "error") for name, sentence in SENTENCES.items()
}
