"""The settings of a demonstration: its folders and its own secrets, made once and kept."""

import json
import secrets
import shutil
from pathlib import Path

SECRET_NAMES = ("SECRET_KEY", "DATA_KEY")


def demonstration_settings(var_dir: Path, port: int) -> dict[str, str]:
    """Return the environment of the application, the servers' addresses left out.

    Passkeys want a name, not a number: the site calls itself localhost.
    """
    folders = {name: var_dir / name for name in ("courrier", "documents", "autorite", "mesures")}
    shutil.rmtree(folders["mesures"], ignore_errors=True)  # those of processes that are no more
    for folder in folders.values():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        **_secrets(var_dir / "secrets.json"),
        "ENVIRONMENT": "demo",
        "PUBLIC_URL": f"http://localhost:{port}",
        "MAIL_URL": f"folder://{folders['courrier']}",
        "STORAGE_URL": folders["documents"].as_uri(),
        "AUTHORITY_DIR": str(folders["autorite"]),
        "TIMESTAMP_URL": "authority:",
        "PROMETHEUS_MULTIPROC_DIR": str(folders["mesures"]),
    }


def _secrets(path: Path) -> dict[str, str]:
    if not path.exists():
        half = path.with_suffix(".half")
        half.touch(mode=0o600)
        half.write_text(json.dumps({name: secrets.token_urlsafe(32) for name in SECRET_NAMES}))
        half.rename(path)
    found: dict[str, str] = json.loads(path.read_text())
    return found
