"""What the last demonstration did, so that the next one starts in seconds."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# What the schema and the demonstration network are made from.
SOURCES = ("migrations/**/*.py", "app/demonstration/**/*.py", "package-lock.json")


@dataclass(frozen=True)
class Memory:
    """A text kept in a file, forgotten when the sources or the given servers change."""

    path: Path
    given: Mapping[str, str]

    def recall(self) -> str:
        """Return the text kept, or nothing when it is to be made again."""
        try:
            kept: dict[str, str] = json.loads(self.path.read_text())
        except FileNotFoundError:
            return ""
        return kept["text"] if kept["fingerprint"] == self._fingerprint() else ""

    def keep(self, text: str) -> None:
        """Keep a text until something changes."""
        half = self.path.with_suffix(".half")
        half.write_text(json.dumps({"fingerprint": self._fingerprint(), "text": text}))
        half.rename(self.path)

    def _fingerprint(self) -> str:
        seen = hashlib.sha256(json.dumps(dict(self.given), sort_keys=True).encode())
        for path in _sources():
            seen.update(path.read_bytes())
        return seen.hexdigest()


def _sources() -> Iterable[Path]:
    return sorted(path for pattern in SOURCES for path in PROJECT.glob(pattern))
