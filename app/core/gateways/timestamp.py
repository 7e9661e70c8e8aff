"""Timestamp tokens (RFC 3161): from a service on the network, or the demonstration's own."""

from __future__ import annotations

from asn1crypto import cms
from pyhanko.sign.timestamps import DummyTimeStamper, TimeStamper
from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper

from app.core.authority import Authority
from app.core.errors import ServiceUnavailable
from app.core.gateways.certificates import asn1_certificate, asn1_key, certificate_store

OWN = "authority:"
"""The address that stands for the installation's own clock: for demonstrations only."""

_TIMEOUT = 10  # seconds, for the connection and for each read


class RemoteTimeStamper(RequestsHTTPTimeStamper):
    """A timestamp service; whatever goes wrong with it means *wait*."""

    def __init__(self, url: str) -> None:
        super().__init__(url, timeout=_TIMEOUT)  # type: ignore[no-untyped-call]

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A token over `message_digest`; raises ServiceUnavailable."""
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            imprint = token["content"]["encap_content_info"]["content"].parsed["message_imprint"]
            covered = imprint["hashed_message"].native
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
            raise ServiceUnavailable("timestamp", f"{self.url}: {fault}") from fault
        if covered != message_digest:
            raise ServiceUnavailable("timestamp", f"{self.url}: token of another document")
        return token


def timestamper(url: str, authority: Authority) -> TimeStamper:
    """Where tokens come from: `authority:`, or the http(s) address of an RFC 3161 service."""
    if url == OWN:
        own = authority.timestamps
        above = certificate_store([authority.root.certificate])
        return DummyTimeStamper(asn1_certificate(own.certificate), asn1_key(own.key), above)
    if url.startswith(("http://", "https://")):
        return RemoteTimeStamper(url)
    raise ValueError(f"timestamp address: {url}")
