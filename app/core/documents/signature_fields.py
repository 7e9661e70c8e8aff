"""Signature fields: found on the laid-out pages, written as tagged widgets by pikepdf."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

PT_PER_PX = 0.75  # CSS: 96 px or 72 pt to the inch

_PRINT_AND_LOCKED = 4 | 128  # annotation flags, ISO 32000-1, table 165


@dataclass(frozen=True)
class SignatureBox:
    """Where one field stands: `page` from 0, `rect` (x0, y0, x1, y1) in points from the
    bottom left. `locks` says that signing it closes every field of the document."""

    field: str
    label: str
    page: int
    rect: tuple[float, float, float, float]
    locks: bool = False

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points; both 0 for a field that shows nothing."""
        x0, y0, x1, y1 = self.rect
        return x1 - x0, y1 - y0


def find_boxes(pages: Sequence[Any]) -> tuple[SignatureBox, ...]:
    """The signature fields of WeasyPrint's `pages`, in reading order.

    Raises ValueError when an element has no label, leaves its page, or is broken over two pages,
    and when two have the same name.
    """
    boxes = tuple(
        _to_box(element_box, number, page.height)
        for number, page in enumerate(pages)
        for element_box in _signature_elements(page)
    )
    names = [box.field for box in boxes]
    if len(set(names)) != len(names):
        raise ValueError(f"signature fields broken or repeated: {names}")
    return boxes


def _signature_elements(page: Any) -> Iterator[Any]:
    # `_page_box` is private to WeasyPrint, whose version is pinned: it has no public layout.
    seen = set()
    for box in page._page_box.descendants():
        element = box.element
        if element is not None and element.get("data-signature") and element not in seen:
            seen.add(element)  # an element's own box comes before the anonymous ones inside it
            yield box


def _to_box(box: Any, page: int, page_height: float) -> SignatureBox:
    element = box.element
    name, label = element.get("data-signature"), element.get("aria-label")
    bottom = box.border_box_y() + box.border_height()
    if not label or bottom > page_height:
        raise ValueError(f"signature field without a label or out of its page: {name}")
    left, lower = box.border_box_x(), page_height - bottom
    corners = (left, lower, left + box.border_width(), lower + box.border_height())
    x0, y0, x1, y1 = (round(corner * PT_PER_PX, 2) for corner in corners)
    return SignatureBox(name, label, page, (x0, y0, x1, y1), element.get("data-lock") == "all")


def finish_pdf(tagged: bytes, boxes: Sequence[SignatureBox]) -> bytes:
    """`tagged` with its signature fields, saved without object streams.

    Object streams make each validation read the whole stream again for each object of it:
    five times slower for the documents of this project.
    """
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(tagged)) as pdf:
        if boxes:
            _add_fields(pdf, boxes)
        if Name.AF in pdf.Root:
            pdf.Root.AF = Array([pdf.Root.AF[0]])  # WeasyPrint lists its attachment twice
        pdf.save(
            output,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            deterministic_id=True,
        )
    return output.getvalue()


def _add_fields(pdf: pikepdf.Pdf, boxes: Sequence[SignatureBox]) -> None:
    widgets = Array()
    for box in boxes:
        widget = pdf.make_indirect(_widget(pdf, box))
        _tag(pdf, box, widget)
        _append(pdf.pages[box.page].obj, Name.Annots, widget)
        widgets.append(widget)
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=widgets))


def _widget(pdf: pikepdf.Pdf, box: SignatureBox) -> Dictionary:
    widget = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        FT=Name.Sig,
        T=String(box.field),
        TU=String(box.label),
        Rect=Array([_number(value) for value in box.rect]),
        F=_PRINT_AND_LOCKED,
        P=pdf.pages[box.page].obj,
    )
    if all(box.size):
        widget.AP = Dictionary(N=_empty_appearance(pdf, box))
    if box.locks:
        lock = Dictionary(Type=Name.SigFieldLock, Action=Name.All)
        widget.Lock = pdf.make_indirect(lock)
    return widget


def _empty_appearance(pdf: pikepdf.Pdf, box: SignatureBox) -> pikepdf.Stream:
    """PDF/A wants every visible annotation drawn, even with nothing (ISO 19005-3, 6.3.3)."""
    bounds = Array([0, 0, *(_number(side) for side in box.size)])
    resources = Dictionary()
    return pdf.make_stream(
        b"", Type=Name.XObject, Subtype=Name.Form, BBox=bounds, Resources=resources
    )


def _tag(pdf: pikepdf.Pdf, box: SignatureBox, widget: pikepdf.Object) -> None:
    """Put the widget in the structure tree, both ways (ISO 14289-1, 7.18.4; ISO 32000-1, 14.7)."""
    tree = pdf.Root.StructTreeRoot
    document = tree.K[0]
    page = pdf.pages[box.page].obj
    reference = Dictionary(Type=Name.OBJR, Obj=widget, Pg=page)
    form = pdf.make_indirect(
        Dictionary(
            Type=Name.StructElem, S=Name.Form, P=document, Pg=page, Alt=String(box.label),
            K=reference,
        )
    )  # fmt: skip
    document.K.append(form)
    widget.StructParent = _next_key(tree)
    tree.ParentTree.Nums.extend([widget.StructParent, form])


def _next_key(tree: pikepdf.Object) -> int:
    numbers = tree.ParentTree.Nums
    return 1 + max(int(numbers[index]) for index in range(0, len(numbers), 2))


def _append(holder: pikepdf.Object, key: Name, item: pikepdf.Object) -> None:
    if key not in holder:
        holder[key] = Array()
    holder[key].append(item)


def _number(value: float) -> Any:
    """`value` as a PDF number: pikepdf would write a float with fifteen digits."""
    return pikepdf.Object.parse(f"{value:.2f}".encode())


def signature_box(pdf: bytes, field: str) -> SignatureBox:
    """The box of one field of `pdf`; KeyError when it has no such field."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        pages = {page.obj.objgen: number for number, page in enumerate(opened.pages)}
        for widget in opened.Root.AcroForm.Fields:
            if str(widget.T) == field:
                x0, y0, x1, y1 = (float(value) for value in widget.Rect)
                page = pages[widget.P.objgen]
                locks = Name.Lock in widget
                return SignatureBox(field, str(widget.TU), page, (x0, y0, x1, y1), locks)
    raise KeyError(field)
