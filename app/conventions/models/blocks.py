"""The text of a clause: typed blocks, never free HTML.

People write plain text: paragraphs parted by a blank line, lists whose lines begin with `- `, and
`{{ name }}` where a variable stands. A paragraph that is only a table's variable becomes the table.
A stored block is `{"kind": "paragraph", "content": [inline…]}` or `{"kind": "list", "items": [[inline…]…]}`,
an inline `{"text": …}` or `{"variable": …}`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from app.core.errors import DomainError

Block = dict[str, Any]
MARKUP = re.compile(r"<\s*[/!?a-zA-Z][^>]*>?|&[a-z]+;|&#")
VARIABLE = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")
MAX_LENGTH = 20_000


class ClauseTextRefused(DomainError):
    """The text holds something that a clause cannot hold."""


def parse(text: str) -> list[Block]:
    """The blocks of a text, or ClauseTextRefused with what to change."""
    _refuse(text)
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return [_block(paragraph) for paragraph in paragraphs if paragraph.strip()]


def to_text(blocks: list[Block]) -> str:
    """The text that parse() reads back into these blocks."""
    return "\n\n".join(_block_text(block) for block in blocks)


def variables_of(blocks: list[Block]) -> set[str]:
    """The names of the variables that stand in these blocks."""
    return {part["variable"] for part in _inlines(blocks) if "variable" in part}


def canonical_sha256(value: Any) -> str:
    """The address of a content: SHA-256 (hex) of its canonical JSON (sorted keys, no spaces, UTF-8)."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _refuse(text: str) -> None:
    if not text.strip():
        raise ClauseTextRefused("Écrivez le texte de la clause.")
    if len(text) > MAX_LENGTH:
        raise ClauseTextRefused(f"Ce texte est trop long : {MAX_LENGTH} signes au plus.")
    if found := MARKUP.search(text):
        raise ClauseTextRefused(f"Une clause est du texte simple. Enlevez « {found[0][:30]} ».")
    if re.search(r"\{\{|\}\}", VARIABLE.sub("", text)):
        raise ClauseTextRefused(
            "Une variable s’écrit {{ nom }}, en minuscules sans accent. Vérifiez les accolades."
        )


def _block(paragraph: str) -> Block:
    lines = [line.strip() for line in paragraph.strip().split("\n")]
    if all(line.startswith("- ") for line in lines):
        return {"kind": "list", "items": [_inline(line[2:]) for line in lines]}
    return {"kind": "paragraph", "content": _inline(" ".join(lines))}


def _inline(text: str) -> list[dict[str, str]]:
    parts = VARIABLE.split(text)
    return [
        {"variable": part} if rank % 2 else {"text": part}
        for rank, part in enumerate(parts)
        if part
    ]


def _block_text(block: Block) -> str:
    if block["kind"] == "list":
        return "\n".join(f"- {_inline_text(item)}" for item in block["items"])
    return _inline_text(block["content"])


def _inline_text(parts: list[dict[str, str]]) -> str:
    return "".join(p["text"] if "text" in p else f"{{{{ {p['variable']} }}}}" for p in parts)


def _inlines(blocks: list[Block]) -> Iterator[dict[str, str]]:
    for block in blocks:
        for line in block["items"] if block["kind"] == "list" else [block["content"]]:
            yield from line
