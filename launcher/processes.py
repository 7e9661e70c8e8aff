"""Which process serves a folder."""

from pathlib import Path


def live_pid(pid_file: Path) -> int | None:
    """Return the number in `pid_file` if that process works in the file's folder, else None.

    After a restart of the machine or of a container another program may bear the number.
    """
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
        return pid if Path(f"/proc/{pid}/cwd").samefile(pid_file.parent) else None
    except (OSError, ValueError):
        return None
