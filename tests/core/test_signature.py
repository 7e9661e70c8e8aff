"""Signatures: what they prove, in any order, and never at a lower level than asked."""

from __future__ import annotations

import http.server
import io
import shutil
import stat
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation.dss import DocumentSecurityStore

from app.core.authority import Authority, create_authority
from app.core.clock import now
from app.core.errors import DomainError, ServiceUnavailable
from app.core.gateways.seal import pkcs11_seal, pkcs12_seal
from app.core.gateways.signature import SignatoryIdentity, SignatureService, signed_fields
from app.core.gateways.timestamp import timestamper
from app.core.verification import Trust, examine
from tests.core.papers import AMELIE, FROZEN_AT, OLGA, VERIFY_URL, Papers, convention_html, render

# WeasyPrint 70 forgets to close its colour profile.


def sign(service: SignatureService, pdf: bytes, field: str = "structure") -> bytes:
    return service.sign(pdf, field=field, signatory=AMELIE, signed_at=FROZEN_AT, certify=True)


@pytest.fixture(scope="module")
def short() -> bytes:
    """A convention of one page, not signed."""
    return render(convention_html(articles=1)).content


def test_each_step_is_intact_and_every_signature_proven(papers: Papers, trust: Trust) -> None:
    for pdf, fields in (
        (papers.once, ("structure",)),
        (papers.twice, ("structure", "ocytocines")),
        (papers.sealed, ("structure", "ocytocines", "sceau")),
    ):
        report = examine(pdf, trust)
        assert report.status == "intact"
        assert signed_fields(pdf) == tuple(found.field for found in report.signatures) == fields
        assert {found.verdict for found in report.signatures} == {"ok"}
        assert all(found.timestamped_at for found in report.signatures)


def test_says_who_signed_and_that_the_seal_closes(papers: Papers, trust: Trust) -> None:
    report = examine(papers.sealed, trust)
    first, second, seal = report.signatures
    assert (first.signer, first.organisation) == (AMELIE.name, AMELIE.organisation)
    assert (second.signer, second.organisation) == (OLGA.name, OLGA.organisation)
    assert (first.closes, second.closes, seal.closes) == (False, False, True)
    assert first.changed_fields == ("ocytocines", "sceau")
    assert report.sealed
    assert report.archived_at is not None
    assert not examine(papers.twice, trust).sealed


def test_holds_the_revocation_data_of_every_authority(papers: Papers) -> None:
    for pdf in (papers.once, papers.sealed):
        store = DocumentSecurityStore.read_dss(PdfFileReader(io.BytesIO(pdf)))
        assert len(store.crls) == 2


@pytest.mark.parametrize("years", [1, 9])
def test_still_proven_years_later(
    papers: Papers,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    years: int,
) -> None:
    later = now() + timedelta(days=365 * years)
    shutil.copytree(authority._folder, tmp_path / "autorite")
    for module in ("authority", "issuing"):
        monkeypatch.setattr(f"app.core.{module}.now", lambda: later)
    lists_in_force = Trust.of(Authority(tmp_path / "autorite", "secret-of-the-tests"))
    for pdf in (papers.twice, papers.sealed):
        assert examine(pdf, lists_in_force, at=later).status == "intact"


def test_parties_sign_in_any_order(service: SignatureService, short: bytes, trust: Trust) -> None:
    first = sign(service, short, "ocytocines")
    second = service.sign(
        first, field="structure", signatory=OLGA, signed_at=FROZEN_AT, certify=False
    )
    assert examine(second, trust).status == "intact"
    assert signed_fields(second) == ("ocytocines", "structure")


def test_long_names_fit_their_place(service: SignatureService, short: bytes) -> None:
    long = SignatoryIdentity(
        "Marie-Charlotte de La Rochefoucauld-Montbel",
        "Vice-présidente déléguée aux solidarités",
        "Communauté d’agglomération du Bassin de la Haute-Vallée et des Coteaux réunis",
    )
    signed = service.sign(
        short, field="structure", signatory=long, signed_at=FROZEN_AT, certify=True
    )
    assert signed_fields(signed) == ("structure",)


def test_refuses_a_field_unknown_or_taken(service: SignatureService, short: bytes) -> None:
    with pytest.raises(KeyError):
        sign(service, short, "inconnu")
    with pytest.raises(SigningError):
        sign(service, sign(service, short))


def test_never_signs_without_revocation_data(
    service: SignatureService, short: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Authority, "revocation_lists", lambda _: ())
    with pytest.raises(ServiceUnavailable, match="revocation"):
        sign(service, short)


class _Nonsense(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.end_headers()
        self.wfile.write(b"0\x03\x02\x01\x00")

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def nonsense() -> Iterator[str]:
    """The address of a timestamp service that answers anything."""
    with http.server.HTTPServer(("127.0.0.1", 0), _Nonsense) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_waits_for_a_timestamp_service_that_fails(
    authority: Authority, short: bytes, nonsense: str
) -> None:
    for address in ("http://127.0.0.1:9/", nonsense):
        service = SignatureService(authority, timestamper(address, authority))
        with pytest.raises(ServiceUnavailable, match="timestamp"):
            sign(service, short)


def test_seals_with_a_bought_certificate(
    authority: Authority, short: bytes, trust: Trust, tmp_path: Path
) -> None:
    own = authority.seal
    bought = tmp_path / "cachet.p12"
    encryption = BestAvailableEncryption(b"mot de passe")
    bought.write_bytes(
        serialize_key_and_certificates(b"s", own.key, own.certificate, own.chain, encryption)
    )
    seal = pkcs12_seal(bought, "mot de passe")
    service = SignatureService(authority, timestamper("authority:", authority), bought_seal=seal)
    sealed = service.seal(short, field="sceau", sealed_at=FROZEN_AT, verify_url=VERIFY_URL)
    assert examine(sealed, trust).sealed
    with pytest.raises(DomainError, match="ne s’ouvre pas"):
        pkcs12_seal(bought, "faux")


def test_says_what_a_pkcs11_seal_lacks() -> None:
    with pytest.raises(DomainError, match="python-pkcs11"):
        pkcs11_seal("pkcs11:token=Cachet;object=sceau?module-path=/nowhere.so&pin-value=0")


def test_refuses_an_unknown_timestamp_address(authority: Authority) -> None:
    with pytest.raises(ValueError, match="ftp"):
        timestamper("ftp://127.0.0.1/", authority)


def test_an_authority_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets" / "autorite"
    first = create_authority(folder, "un secret")
    again = create_authority(folder, "un secret")
    assert again.root.certificate == first.root.certificate
    assert again.revocation_lists() == first.revocation_lists()
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert list(folder.parent.iterdir()) == [folder]
    with pytest.raises(ValueError, match="decrypt"):
        _ = Authority(folder, "autre").root


def test_a_signatory_certificate_is_short_and_names_no_address(authority: Authority) -> None:
    credential = authority.issue_signatory("Olga Marchand", "O" * 200)
    certificate = credential.certificate
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert life <= timedelta(hours=1)
    names = {attribute.oid: attribute.value for attribute in certificate.subject}
    assert set(names) == {NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME}
    assert len(str(names[NameOID.ORGANIZATION_NAME])) == 64
    certificate.verify_directly_issued_by(authority.signatories.certificate)
