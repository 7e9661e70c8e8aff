"""A seal with all it takes to check it elsewhere, without the register: one archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping

from cryptography.hazmat.primitives.serialization import Encoding

from app.core import services
from app.core.listing import to_csv
from app.reciprocity.models import Seal, SealHead
from app.reciprocity.models.chain import seal_text

HEADER = ("Compte", "Ligne", "Empreinte")
READ_ME = """\
Le sceau n° {number} du registre des heures

{name}.txt      ce qui est scellé ; la racine est une empreinte de tous les comptes
{name}.txt.p7s  la signature de ce texte, avec l’heure d’un service d’horodatage (RFC 3161)
comptes.csv     les comptes qui ont bougé depuis le sceau d’avant : numéro, dernière ligne, empreinte
autorites.pem   les certificats des autorités auxquelles ce réseau se fie

Vérifier la signature :
openssl cms -verify -binary -inform DER -purpose any -CAfile autorites.pem \\
  -content {name}.txt -in {name}.txt.p7s

Recalculer la racine : SHA-256 de la racine précédente suivie, pour chaque compte dans l’ordre, de son
numéro et de sa ligne (quatre octets chacun, poids fort en tête) et de son empreinte.
"""


def pack_seal(seal: Seal, previous: bytes, heads: Iterable[SealHead]) -> bytes:
    """The archive (ZIP) of a signed seal. `previous`: the root before it.

    ServiceUnavailable: the store does not answer. KeyError: it has lost the signature."""
    name = f"sceau-{seal.number}"
    rows = ((head.account_no, head.version, head.head.hex()) for head in heads)
    roots = services.authority().trust_roots()
    return _zip(
        {
            "LISEZ-MOI.txt": READ_ME.format(number=seal.number, name=name).encode(),
            f"{name}.txt": seal_text(seal, previous),
            f"{name}.txt.p7s": services.storage().get(str(seal.signature_sha256)),
            "comptes.csv": to_csv(HEADER, rows),
            "autorites.pem": b"".join(root.public_bytes(Encoding.PEM) for root in roots),
        }
    )


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()
