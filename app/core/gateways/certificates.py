"""From the `cryptography` objects of the authority to the ASN.1 ones pyHanko works on."""

from __future__ import annotations

from collections.abc import Iterable

from asn1crypto import crl, keys, x509
from cryptography import x509 as pyca
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app.core.issuing import PrivateKey


def asn1_certificate(certificate: pyca.Certificate) -> x509.Certificate:
    """The same certificate, for pyHanko."""
    return x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def asn1_key(key: PrivateKey) -> keys.PrivateKeyInfo:
    """The same private key, for pyHanko."""
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return keys.PrivateKeyInfo.load(der)


def asn1_revocation_list(revoked: pyca.CertificateRevocationList) -> crl.CertificateList:
    """The same list, for pyHanko."""
    return crl.CertificateList.load(revoked.public_bytes(Encoding.DER))


def certificate_store(certificates: Iterable[pyca.Certificate]) -> SimpleCertificateStore:
    """A store of the same certificates, for pyHanko."""
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(map(asn1_certificate, certificates))
    return store
