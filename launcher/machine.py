"""What the machine must offer to a demonstration, asked in plain words."""

import fcntl
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launcher.errors import LaunchError
from launcher.ports import is_free

SITE_PORTS = range(5000, 5050)
LEAST_SPACE = 300 * 2**20  # bytes


@contextmanager
def alone(var_dir: Path) -> Iterator[None]:
    """Refuse a second demonstration in the same folder."""
    with (var_dir.parent / f"{var_dir.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchError(
                "Une démonstration tourne déjà ici. Arrêtez-la d’abord : Ctrl-C dans sa fenêtre."
            ) from None
        yield


def check_space(var_dir: Path) -> None:
    """Raise LaunchError when the disk is nearly full."""
    free = shutil.disk_usage(var_dir).free
    if free < LEAST_SPACE:
        raise LaunchError(
            f"Il reste {free // 2**20} Mo sur le disque ; il en faut {LEAST_SPACE // 2**20}. "
            "Libérez de la place, puis relancez la commande."
        )


def free_site_port() -> int:
    """Return the first free port for the site, saying which ones were taken."""
    for port in SITE_PORTS:
        if is_free(port):
            return port
        print(f"Le port {port} est pris par un autre programme, nous essayons le suivant.")
    raise LaunchError(
        f"Les ports {SITE_PORTS.start} à {SITE_PORTS.stop - 1} sont pris. Libérez-en un."
    )


def answers(url: str) -> bool:
    """Say whether a page of this machine answers 200; a proxy is not asked."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:  # refused, too slow, or a 503: not ready yet
        return False
