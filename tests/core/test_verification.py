"""Verification: every attack on a signed file is seen, and no file harms the service."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

from app.core.authority import Authority, create_authority
from app.core.gateways.seal import signer_of
from app.core.verification import Limits, Report, Trust, embedded_json, examine, verify
from tests.core.papers import DATA, Papers

# WeasyPrint 70 forgets to close its colour profile.

Attack = Callable[[bytes], bytes]


def update(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """`pdf` with one more revision."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def flip_in_page(pdf: bytes) -> bytes:
    """One bit of the text of a page."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        raw = opened.pages[0].Contents.read_raw_bytes()
    place = pdf.index(raw) + len(raw) // 2
    return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]


def add_text(writer: IncrementalPdfFileWriter) -> None:
    """One more sentence on the first page."""
    drawing = writer.add_object(generic.StreamObject(stream_data=b"BT (Et 100 000 euros) Tj ET"))
    writer.add_stream_to_page(0, drawing)


def add_annotation(writer: IncrementalPdfFileWriter) -> None:
    """A note stuck on the first page."""
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Text"),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 90, 90))),
            pdf_name("/Contents"): generic.TextStringObject("Lu et désapprouvé"),
        }
    )
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name("/Annots")] = generic.ArrayObject([writer.add_object(note)])
    writer.update_container(page)


def replace_page(writer: IncrementalPdfFileWriter) -> None:
    """The text of the first page, exchanged for another."""
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.update_container(page)


def swap_attachment(writer: IncrementalPdfFileWriter) -> None:
    """The data of the convention, exchanged for others."""
    stream = writer.root["/AF"][0]["/EF"]["/F"]
    stream._data, stream._encoded_data = b'{"montant": 0}', None
    writer.update_container(stream)


def add_attachment(writer: IncrementalPdfFileWriter) -> None:
    """One file more."""
    content = EmbeddedFileObject.from_file_data(writer, data=b"{}", mime_type="application/json")
    embed_file(writer, FileSpec("autre.json", embedded_data=content))


def change_title(writer: IncrementalPdfFileWriter) -> None:
    """Another title in the window of the reader."""
    writer.document_meta_view.title = "Une autre convention"
    info = generic.DictionaryObject({pdf_name("/Title"): generic.TextStringObject("Autre")})
    writer.set_info(writer.add_object(info))


def add_page(writer: IncrementalPdfFileWriter) -> None:
    """One page more."""
    page = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Page"),
            pdf_name("/MediaBox"): generic.ArrayObject(map(generic.NumberObject, (0, 0, 9, 9))),
        }
    )
    writer.insert_page(page)


def add_empty_field(writer: IncrementalPdfFileWriter) -> None:
    """A place for one more party, once everything is signed."""
    append_signature_field(writer, SigFieldSpec("intrus", box=(10, 10, 90, 90)))


def stuff_the_hole(pdf: bytes) -> bytes:
    """Bytes hidden after the last signature value, where no signature covers."""
    last = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[-1]
    end = last.byte_range[2] - 3
    return pdf[:end] + b"41" + pdf[end + 2 :]


def save_again(pdf: bytes) -> bytes:
    """Opened and saved by an ordinary tool."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(output)
    return output.getvalue()


BYTES: list[Attack] = [
    flip_in_page,
    stuff_the_hole,
    save_again,
    lambda pdf: pdf + b"\n% plus rien",
    lambda pdf: pdf + pdf[pdf.rindex(b"startxref") :],
    lambda pdf: pdf[: len(pdf) * 2 // 3],
    lambda pdf: pdf[:-30],
]
UPDATES = [
    add_text,
    add_annotation,
    replace_page,
    swap_attachment,
    add_attachment,
    change_title,
    add_page,
]


@pytest.mark.parametrize("attack", BYTES)
def test_sees_bytes_changed(papers: Papers, trust: Trust, attack: Attack) -> None:
    for pdf in (papers.twice, papers.sealed):
        assert examine(attack(pdf), trust).status in ("altered", "unreadable")


@pytest.mark.parametrize("change", UPDATES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("step", ["once", "twice", "sealed"])
def test_sees_a_revision_that_changes_the_document(
    papers: Papers, trust: Trust, step: str, change: Callable[[IncrementalPdfFileWriter], None]
) -> None:
    report = examine(update(getattr(papers, step), change), trust)
    assert report.status == "altered"
    assert report.signatures[-1].tampered
    assert not report.sealed


def test_sees_a_field_added_after_the_seal(papers: Papers, trust: Trust) -> None:
    assert examine(update(papers.sealed, add_empty_field), trust).status == "altered"


def test_sees_a_signature_added_after_the_seal(
    papers: Papers, trust: Trust, authority: Authority
) -> None:
    signer = signer_of(authority.issue_signatory("Un intrus", "Ailleurs"))
    late = PdfSigner(PdfSignatureMetadata("intrus"), signer, new_field_spec=SigFieldSpec("intrus"))
    writer = IncrementalPdfFileWriter(io.BytesIO(papers.sealed))
    report = examine(late.sign_pdf(writer).getvalue(), trust)
    assert report.status == "altered"
    seal = next(found for found in report.signatures if found.field == "sceau")
    assert seal.tampered


@settings(max_examples=25)
@given(place=st.integers(0, 2**20), bit=st.integers(0, 7))
def test_sees_any_bit_of_a_sealed_file(papers: Papers, trust: Trust, place: int, bit: int) -> None:
    # All but the last timestamp's own value, whose every byte cannot vouch for itself.
    last = PdfFileReader(io.BytesIO(papers.sealed)).embedded_signatures[-1]
    _, head, start, tail = last.byte_range
    place %= head + tail
    place += start - head if place >= head else 0
    flipped = bytes([papers.sealed[place] ^ (1 << bit)])
    spoilt = papers.sealed[:place] + flipped + papers.sealed[place + 1 :]
    assert examine(spoilt, trust).status in ("altered", "unreadable")


def test_does_not_trust_another_authority(papers: Papers, tmp_path: Path) -> None:
    stranger = create_authority(tmp_path / "autorite", "secret", "Un autre réseau")
    report = examine(papers.sealed, Trust.of(stranger))
    assert report.status == "foreign"
    assert not report.sealed


def test_says_when_the_file_is_not_signed(papers: Papers, trust: Trust) -> None:
    report = examine(papers.frozen.content, trust)
    assert report == Report("unsigned", unsigned_fields=("ocytocines", "structure", "sceau"))


def test_says_when_the_file_is_encrypted(papers: Papers, trust: Trust) -> None:
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(papers.frozen.content)) as opened:
        opened.save(output, encryption=pikepdf.Encryption(user="a", owner="b"))
    assert examine(output.getvalue(), trust) == Report("unreadable", "encrypted")


@pytest.mark.parametrize(
    ("pdf", "reason"),
    [
        (b"", "not_pdf"),
        (b"PK\x03\x04 une archive", "not_pdf"),
        (b"%PDF-1.7\n", "damaged"),
        (b"%PDF-1.7\n" + b"[" * 100_000 + b"\nstartxref\n9\n%%EOF", "damaged"),
        (b"%PDF-1.7\n" + b"startxref\n0\n%%EOF\n" * 61, "too_complex"),
        (b"%PDF-1.7\n" + b"1 0 obj\n" * 60_001, "too_complex"),
        (b"%PDF-1.7\n".ljust(25_000_001), "too_large"),
    ],
)
def test_says_why_a_file_cannot_be_read(trust: Trust, pdf: bytes, reason: str) -> None:
    assert examine(pdf, trust) == Report("unreadable", reason)  # type: ignore[arg-type]


def test_does_not_unpack_a_bomb(trust: Trust) -> None:
    entries = zlib.compress(zlib.compress(b"\x00" * 300_000_000, 9), 9)
    head = b"%PDF-1.7\n"
    bomb = (
        b"1 0 obj\n<< /Type /XRef /Size 2 /W [1 2 1] /Root 1 0 R"
        b" /Filter [/FlateDecode /FlateDecode] /Length %d >>\nstream\n" % len(entries)
    )
    tail = b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)
    assert examine(head + bomb + entries + tail, trust) == Report("unreadable", "too_complex")


def test_gives_the_same_report_from_the_child_process(papers: Papers, trust: Trust) -> None:
    report = verify(papers.sealed, trust)
    assert report == replace(examine(papers.sealed, trust), attachment=DATA)
    assert verify(papers.sealed, trust, Limits(attachment=3)).attachment is None


@pytest.mark.parametrize("limits", [Limits(patience=0), Limits(memory=60_000_000), Limits(size=9)])
def test_the_child_process_is_bounded(papers: Papers, trust: Trust, limits: Limits) -> None:
    report = verify(papers.sealed, trust, limits)
    assert report.status == "unreadable"
    assert report.reason in ("too_complex", "too_large")


def test_a_file_without_data_has_none(papers: Papers) -> None:
    with pikepdf.open(io.BytesIO(papers.frozen.content)) as opened:
        del opened.Root.AF
        output = io.BytesIO()
        opened.save(output)
    assert embedded_json(output.getvalue()) is None
