"""The embedded PostgreSQL, started for real: by whoever runs the tests, root or not."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from stack import environment, keys, paths, ports, postgres

pytestmark = pytest.mark.slow

Server = subprocess.Popen[bytes]


@pytest.fixture
def closed_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: Path) -> Path:
    """A state folder below a home that only its owner may enter."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("AQUASTREAM_STATE", str(home / "project" / ".local"))
    return home


@pytest.fixture
def server(state: Path) -> Iterator[Server]:
    """A server on a new cluster, started the way supervisord starts it."""
    postgres.make(postgres.locate())
    yield (process := launch())
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)


def launch() -> Server:
    ports.choose()
    keys.load()
    process = subprocess.Popen(
        [sys.executable, "-m", "stack.launch", "postgres"],
        env={**os.environ, "PYTHONPATH": str(paths.PROJECT / "bin"), "AQUASTREAM_NOT_DURABLE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for_answer()
    return process


def wait_for_answer() -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            psycopg.connect(postgres.locate().url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
            continue
        return
    pytest.fail("no answer from PostgreSQL in 20 s")


def modes(*folders: Path) -> dict[Path, int]:
    return {folder: folder.stat().st_mode for folder in folders}


class TestMakeCluster:
    def test_makes_it_once(self, state: Path) -> None:
        cluster = postgres.locate()

        assert postgres.make(cluster) is True
        assert postgres.make(cluster) is False

    def test_begins_again_after_a_kill_in_between(self, state: Path) -> None:
        cluster = postgres.locate()
        unfinished = cluster.data.with_name("postgres.unfinished")
        unfinished.mkdir(parents=True)
        (unfinished / "PG_VERSION").write_text("18\n")

        assert postgres.make(cluster) is True

    def test_opens_no_folder_above_it(self, closed_home: Path) -> None:
        above = [closed_home, *closed_home.parents]
        before = modes(*above)

        postgres.make(postgres.locate())

        assert modes(*above) == before
        assert paths.state_folder().stat().st_mode & 0o077 == 0
        assert postgres.locate().data.parent.stat().st_mode & 0o077 == 0


class TestPostgresServer:
    def test_listens_on_a_private_socket_only(self, server: Server) -> None:
        listening = [
            one for one in psutil.Process(server.pid).net_connections("inet") if one.status == psutil.CONN_LISTEN
        ]

        assert listening == []
        assert postgres.locate().sockets.stat().st_mode & 0o077 == 0

    def test_never_runs_as_root(self, server: Server) -> None:
        assert psutil.Process(server.pid).uids().effective != 0

    def test_knows_russian(self, server: Server) -> None:
        with psycopg.connect(postgres.locate().url) as connection:
            found = connection.execute("SELECT lower('ЁЛКА'), to_tsvector('russian', 'Концерты')").fetchone()

        assert found == ("ёлка", "'концерт':1")

    def test_comes_back_although_its_number_belongs_to_another_process(self, server: Server) -> None:
        cluster = postgres.locate()
        server.kill()
        server.wait()
        # Of the same user: PostgreSQL itself takes only those for a server that may still live.
        foreign = subprocess.Popen(["sleep", "60"], user=cluster.uid)
        for file in (cluster.data / "postmaster.pid", cluster.sockets / ".s.PGSQL.5432.lock"):
            lines = file.read_text().split("\n")
            file.write_text("\n".join([str(foreign.pid), *lines[1:]]))

        again = launch()

        try:
            assert postgres.is_server_of(cluster, pid=again.pid)
            assert foreign.poll() is None
        finally:
            again.send_signal(signal.SIGINT)
            again.wait(timeout=20)
            foreign.kill()
            foreign.wait()

    def test_keeps_the_lock_of_a_server_that_lives(self, server: Server) -> None:
        assert postgres.forget_dead_server(postgres.locate()) == []


class TestPostgresCommand:
    def test_gives_up_durability_only_when_told_to(self, state: Path) -> None:
        cluster = postgres.locate()

        assert "fsync=off" not in postgres.command(cluster, durable=True)
        assert "fsync=off" in postgres.command(cluster, durable=False)

    def test_is_what_the_database_address_leads_to(self, state: Path) -> None:
        variables = environment.for_product({}, ports=ports.PREFERRED, keys=keys.load())

        assert variables["DATABASE_URL"] == postgres.locate().url
