"""Which account runs the servers, and where that account can read and write.

PostgreSQL refuses to run as root, so root hands it to `nobody`. That account must be able to walk
down to the programs and to the data, which it cannot do inside the home of root (0700): both then
live in a folder of /var/lib.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

OPEN_FOLDER = Path("/var/lib/bulles-servers")


@dataclass(frozen=True)
class Account:
    """The account of the servers; both ids are None when it is the one that runs this program."""

    uid: int | None = None
    gid: int | None = None

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this account, its messages in English and one stream."""
        return subprocess.run(
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            cwd="/",  # the current folder may be closed to this account
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def own(self, path: Path) -> None:
        """Give one file or folder to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Say whether this account can walk down to `path`."""
        if self.uid is None:
            return True
        return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))

    def home(self, var_dir: Path) -> Path:
        """Return the folder of the servers' files: inside `var_dir`, unless that is closed."""
        if self.reaches(var_dir):
            return var_dir / "servers"
        return OPEN_FOLDER / hashlib.sha256(bytes(var_dir)).hexdigest()[:12]

    def make_home(self, home: Path) -> None:
        """Make the folder of the servers' files, whatever the umask."""
        home.mkdir(parents=True)
        if self.uid is not None:
            for folder in (home, home.parent):
                folder.chmod(0o755)
        self.own(home)

    def reachable(self, folder: Path, copies: Path) -> Path:
        """Return `folder`, or its copy under `copies` when this account cannot walk down to it."""
        if self.reaches(folder):
            return folder
        copy = copies / folder.name
        if not copy.exists():
            copies.mkdir(exist_ok=True)
            copies.chmod(0o755)
            half = copies / f"{folder.name}.half"  # renamed when whole: a cut copy is never used
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(folder, half)
            _open_to_all(half)
            half.rename(copy)
        return copy


def server_account() -> Account:
    """Return `nobody` when we are root, else ourselves."""
    if os.geteuid() != 0:
        return Account()
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | (0o055 if mode & stat.S_IXUSR else 0o044))
