"""The text of a clause: typed blocks, never free HTML.

People write plain text: paragraphs parted by a blank line, lists whose lines begin with `- `, and
`{{ name }}` where a variable stands. A paragraph that is only a table's variable becomes the table.
A stored block is `{"kind": "paragraph", "content": [inline…]}` or
`{"kind": "list", "items": [[inline…]…]}`, an inline `{"text": …}` or `{"variable": …}`.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from app.core.errors import DomainError

Block = dict[str, Any]
MARKUP = re.compile(r"<[/!?a-zA-Z][^>]*>?|&[a-zA-Z]+;|&#")
VARIABLE = re.compile(r"\{\{ *([a-z][a-z0-9_]*) *\}\}")
BULLET = "- "
MAX_LENGTH = 20_000


class ClauseTextRefused(DomainError):
    """The text holds something that a clause cannot hold."""


def parse(text: str) -> list[Block]:
    """The blocks of a text, or ClauseTextRefused with what to change."""
    text = plain(text)
    _refuse(text)
    paragraphs = re.split(r"\n\s*\n", text)
    blocks = [block for paragraph in paragraphs for block in _blocks(paragraph)]
    if not blocks:
        raise ClauseTextRefused("Écrivez le texte de la clause.")
    return blocks


def to_text(blocks: list[Block]) -> str:
    """The text that parse() reads back into these blocks."""
    return "\n\n".join(_block_text(block) for block in blocks)


def variables_of(blocks: list[Block]) -> set[str]:
    """The names of the variables that stand in these blocks."""
    return {part["variable"] for part in _inlines(blocks) if "variable" in part}


def variables_in_sentences(blocks: list[Block]) -> set[str]:
    """The variables that share their line with words or stand in a list, where no table fits."""
    return {
        part["variable"]
        for block in blocks
        for line in _lines(block)
        for part in line
        if "variable" in part and (block["kind"] == "list" or len(line) > 1)
    }


def check_line(text: str, what: str) -> str:
    """A title or a heading, cleaned: one line of plain text without variables."""
    line = " ".join(plain(text).split())
    if not line:
        raise ClauseTextRefused(f"Écrivez {what}.")
    if found := MARKUP.search(line) or re.search(r"\{\{|\}\}", line):
        raise ClauseTextRefused(f"Ici, du texte simple seulement. Enlevez « {found[0][:30]} ».")
    return line


def plain(text: str) -> str:
    """The one spelling of a text: `\\n`, no control character, composed letters (NFC)."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = (c for c in lines if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", "".join(kept)).strip()


def canonical_sha256(value: Any) -> str:
    """The address of a content: SHA-256 (hex) of its JSON (sorted keys, no spaces, UTF-8)."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _refuse(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise ClauseTextRefused(f"Ce texte est trop long : {MAX_LENGTH} signes au plus.")
    if found := MARKUP.search(text):
        raise ClauseTextRefused(f"Une clause est du texte simple. Enlevez « {found[0][:30]} ».")
    if re.search(r"\{\{|\}\}", VARIABLE.sub("", text)):
        raise ClauseTextRefused(
            "Une variable s’écrit {{ nom }}, en minuscules sans accent. Vérifiez les accolades."
        )


def _blocks(paragraph: str) -> Iterator[Block]:
    """The lists and the text of one paragraph: a list may follow its introduction at once."""
    lines = [line.strip() for line in paragraph.split("\n") if line.strip() not in {"", "-"}]
    for is_list, group in groupby(lines, key=lambda line: line.startswith(BULLET)):
        if is_list:
            items = [_inline(line.removeprefix(BULLET).strip()) for line in group]
            yield {"kind": "list", "items": items}
        else:
            yield {"kind": "paragraph", "content": _inline(" ".join(group))}


def _inline(text: str) -> list[dict[str, str]]:
    parts = VARIABLE.split(text)
    return [
        {"variable": part} if rank % 2 else {"text": part}
        for rank, part in enumerate(parts)
        if part
    ]


def _block_text(block: Block) -> str:
    if block["kind"] == "list":
        return "\n".join(f"{BULLET}{_inline_text(item)}" for item in block["items"])
    return _inline_text(block["content"])


def _inline_text(parts: list[dict[str, str]]) -> str:
    return "".join(p["text"] if "text" in p else f"{{{{ {p['variable']} }}}}" for p in parts)


def _lines(block: Block) -> list[list[dict[str, str]]]:
    return block["items"] if block["kind"] == "list" else [block["content"]]


def _inlines(blocks: list[Block]) -> Iterator[dict[str, str]]:
    return (part for block in blocks for line in _lines(block) for part in line)
