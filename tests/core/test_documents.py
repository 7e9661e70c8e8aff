"""Documents: conforming, identical at each rendering, and closed to the outside."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
import weasyprint

from app.core.documents import PdfAttachment, ResourceRefused, render_pdf, signature_box
from app.core.verification import embedded_json
from tests.core.papers import ATTACHMENT, DATA, FROZEN_AT, META, Papers, convention_html, render
from tests.verapdf import PDF_A, PDF_UA, verapdf

# WeasyPrint 70 forgets to close its colour profile.

PAGE = '<html lang="fr"><head><title>t</title></head><body>{}</body></html>'


@pytest.mark.parametrize("step", ["frozen", "once", "twice", "sealed"])
def test_conforms_to_pdf_a_and_pdf_ua_at_each_step(papers: Papers, step: str) -> None:
    pdf = papers.frozen.content if step == "frozen" else getattr(papers, step)
    assert verapdf(pdf, PDF_A, PDF_UA) == []


def test_the_validator_refuses_a_plain_pdf() -> None:
    plain = weasyprint.HTML(string=PAGE.format("<p>x</p>")).write_pdf()
    broken = {line.split()[0] for line in verapdf(plain, PDF_A, PDF_UA)}
    assert broken == {PDF_A, PDF_UA}


def test_the_validator_sees_a_signature_field_out_of_the_structure(papers: Papers) -> None:
    with pikepdf.open(io.BytesIO(papers.frozen.content)) as pdf:
        del pdf.Root.AcroForm.Fields[0].StructParent
        output = io.BytesIO()
        pdf.save(output)
    assert any("7.18" in line for line in verapdf(output.getvalue(), PDF_UA))


def test_another_process_renders_the_same_bytes(papers: Papers) -> None:
    again = "from tests.core.papers import *; print(render(convention_html()).sha256)"
    run = subprocess.run(
        [sys.executable, "-c", again], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert run.stdout.strip() == papers.frozen.sha256
    assert hashlib.sha256(papers.frozen.content).hexdigest() == papers.frozen.sha256


def test_what_was_rendered_before_does_not_matter(papers: Papers) -> None:
    face = '<style>@font-face { font-family: "Atkinson Hyperlegible Next"; src: url(%s) }</style>'
    other = "files/atkinson-hyperlegible-next-latin-800-italic.woff2"
    render(PAGE.format(face % other + '<p style="font-family: Atkinson Hyperlegible Next">x</p>'))
    assert render(convention_html()).sha256 == papers.frozen.sha256


def test_the_date_and_the_data_are_part_of_the_bytes() -> None:
    html = convention_html(articles=1)
    later = FROZEN_AT + timedelta(seconds=1)
    other = PdfAttachment("convention.json", "Données de la convention", b"{}")
    digests = {
        render(html).sha256,
        render_pdf(html, meta=META, attachment=ATTACHMENT, frozen_at=later).sha256,
        render_pdf(html, meta=META, attachment=other, frozen_at=FROZEN_AT).sha256,
    }
    assert len(digests) == 3


def test_carries_its_data(papers: Papers) -> None:
    assert embedded_json(papers.frozen.content) == DATA
    assert embedded_json(papers.sealed) == DATA


def test_boxes_stand_where_the_page_shows_them(papers: Papers) -> None:
    ocytocines, structure, seal = papers.frozen.boxes
    assert [box.field for box in papers.frozen.boxes] == ["ocytocines", "structure", "sceau"]
    assert {box.page for box in papers.frozen.boxes} == {papers.frozen.pages - 1}
    assert ocytocines.rect[2] < structure.rect[0]
    assert seal.rect[3] < ocytocines.rect[1]
    assert ocytocines.size[1] == pytest.approx(36 / 25.4 * 72, abs=0.1)
    assert (seal.locks, structure.locks) == (True, False)
    assert signature_box(papers.frozen.content, "sceau") == seal


def test_a_field_without_size_shows_nothing() -> None:
    hidden = PAGE.format('<div data-signature="x" aria-label="X" style="width:0;height:0"></div>')
    frozen = render(hidden)
    assert frozen.boxes[0].size == (0, 0)
    assert verapdf(frozen.content, PDF_A) == []


@pytest.mark.parametrize(
    "body",
    [
        '<p data-signature="a" aria-label="A">a</p><p data-signature="a" aria-label="B">b</p>',
        '<div data-signature="a" aria-label="A">a<p style="break-before:page">a</p></div>',
        '<div data-signature="a" aria-label="A" style="height:40cm">a</div>',
        '<div data-signature="a">no label</div>',
    ],
    ids=["repeated", "broken over two pages", "longer than the page", "without label"],
)
def test_refuses_an_unusable_field(body: str) -> None:
    with pytest.raises(ValueError, match="signature field"):
        render(PAGE.format(body))


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9/x.png", "file:///etc/hostname", "../../package.json", "absent.woff2"],
)
def test_refuses_what_is_not_in_its_folder(address: str) -> None:
    with pytest.raises(ResourceRefused):
        render(PAGE.format(f'<img src="{address}" alt="x">'))
