"""Where the stack keeps its state: one ignored folder, `.local/` unless AQUASTREAM_STATE names another."""

import os
import stat
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# sun_path holds 108 bytes on Linux and 104 on macOS; the longest socket name appended is ".s.PGSQL.5432".
LONGEST_SOCKET_FOLDER_BYTES = 80
# What is made in it has a random name and one owner.
SHORT_PARENT = Path("/tmp")  # noqa: S108  # nosec B108


def state_folder() -> Path:
    """Return the folder of all state, made on first use and readable by its owner only."""
    return private_folder(state_folder_path())


def state_folder_path() -> Path:
    """Return where the state folder is or will be, without making it."""
    return Path(os.environ.get("AQUASTREAM_STATE") or PROJECT / ".local").expanduser().absolute()


def run_folder() -> Path:
    """Return the folder of what is true only while the stack runs: addresses, pid files, metrics."""
    return private_folder(state_folder() / "run")


def log_folder() -> Path:
    return private_folder(state_folder() / "log")


def mail_folder() -> Path:
    return private_folder(state_folder() / "mail")


def storage_folder() -> Path:
    return private_folder(state_folder() / "storage")


def redis_folder() -> Path:
    return private_folder(state_folder() / "redis")


def metrics_folder() -> Path:
    return private_folder(run_folder() / "metrics")


def kafka_address_file() -> Path:
    return run_folder() / "kafka.address"


def demo_file() -> Path:
    return state_folder() / "demo.json"


def socket_folder() -> Path:
    """Return a private folder short enough for Unix sockets.

    It lies in the run folder when that path fits, else in a folder of the temporary directory whose name is
    remembered in the state folder. TMPDIR would not do: macOS makes it long.
    """
    inside = run_folder() / "sockets"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER_BYTES:
        return private_folder(inside)
    return remembered_folder(state_folder() / "sockets.path", parent=SHORT_PARENT, owner=os.geteuid())


def remembered_folder(pointer: Path, *, parent: Path, owner: int) -> Path:
    """Return the private folder that `pointer` names, or make a new one under `parent` and remember it.

    A folder in a shared parent is taken only as it was made, owned by `owner` and closed to all others: somebody else
    may have put one of that name there since.
    """
    if pointer.exists():
        folder = Path(pointer.read_text(encoding="utf-8").strip())
        if is_private(folder, owner=owner):
            return folder
    folder = Path(tempfile.mkdtemp(prefix="aquastream-", dir=parent))
    if owner != os.geteuid():
        os.chown(folder, owner, owner)
    write_atomically(pointer, str(folder))
    return folder


def is_private(folder: Path, *, owner: int) -> bool:
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == owner and status.st_mode & 0o077 == 0


def private_folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def claims_file() -> Path:
    """Return where all stacks of this user note which ports they have chosen."""
    return SHORT_PARENT / f"aquastream-ports-{os.geteuid()}.json"


def write_atomically(path: Path, text: str) -> None:
    """Write a file that only its owner may read, so that a reader sees the old text or the new one, never a part."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
