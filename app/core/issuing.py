"""Certificates and revocation lists as our authority issues them (RFC 5280)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.core.clock import now

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

Extensions = tuple[tuple[x509.ExtensionType, bool], ...]
"""Each with whether it is critical."""

CLOCK_SKEW = timedelta(minutes=5)
"""What is issued is valid from a little earlier, for those whose clock is late."""

_NAME_LENGTH = 64  # ub-common-name and ub-organization-name, annex A.1


@dataclass(frozen=True)
class Credential:
    """A certificate, its private key, and the certificates above it, nearest first."""

    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...] = ()


def authority_extensions(path_length: int) -> Extensions:
    """For an authority with at most `path_length` authorities under it."""
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return (constraints, True), _key_usage(key_cert_sign=True, crl_sign=True)


def signer_extensions() -> Extensions:
    """For a person or a seal: commits to contents, and nothing else."""
    return _leaf(), _key_usage(content_commitment=True)


def timestamp_extensions() -> Extensions:
    """For a timestamp service (RFC 3161, 2.3)."""
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    return _leaf(), _key_usage(digital_signature=True), (purpose, True)


def _leaf() -> tuple[x509.ExtensionType, bool]:
    return x509.BasicConstraints(ca=False, path_length=None), True


def _key_usage(**granted: bool) -> tuple[x509.ExtensionType, bool]:
    uses = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
         "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        False,
    )  # fmt: skip
    return x509.KeyUsage(**{**uses, **granted}), True


def distinguished_name(name: str, organisation: str) -> x509.Name:
    """The subject of a certificate; what is too long for one is cut with an ellipsis."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _fit(organisation)),
            x509.NameAttribute(NameOID.COMMON_NAME, _fit(name)),
        ]
    )


def _fit(text: str) -> str:
    return text if len(text) <= _NAME_LENGTH else text[: _NAME_LENGTH - 1] + "…"


def certify(
    subject: x509.Name,
    key: PrivateKey,
    issuer: Credential | None,
    life: timedelta,
    extensions: Extensions,
) -> x509.Certificate:
    """A certificate for `key`, signed by `issuer`, or by itself when there is none."""
    start = now() - CLOCK_SKEW
    signing_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(_authority_key(signing_key), False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signing_key, hashes.SHA256())


def _authority_key(key: PrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def empty_revocation_list(issuer: Credential, life: timedelta) -> x509.CertificateRevocationList:
    """A list without revocation, in force for `life`."""
    issued_at = now() - CLOCK_SKEW
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(issued_at)
        .next_update(issued_at + life)
        .add_extension(x509.CRLNumber(int(issued_at.timestamp())), False)
        .add_extension(_authority_key(issuer.key), False)
        .sign(issuer.key, hashes.SHA256())
    )
