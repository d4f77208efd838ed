"""Figures of the bare machine, by PostgreSQL's own pgbench against the same server, in a database of their own."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from stack import postgres

from bench.figures import Yardstick
from bench.system import System

DATABASE = "aquastream_yardstick"
CLIENTS = 16
SECONDS = 3

WEBHOOK_TABLE = "CREATE TABLE webhook (id bigserial PRIMARY KEY, project int, received_at timestamptz, body text)"
INSERT_WEBHOOK = "INSERT INTO webhook (project, received_at, body) VALUES (1, now(), repeat('x', 600));"

SEAT_TABLES = """
    CREATE TABLE seats (id int PRIMARY KEY, held int NOT NULL, capacity int NOT NULL, CHECK (held <= capacity));
    CREATE TABLE hold (id bigserial PRIMARY KEY, seats int NOT NULL, at timestamptz NOT NULL);
    INSERT INTO seats SELECT number, 0, 100000000 FROM generate_series(1, 1000) AS number;
"""
TAKE_SEAT = """
    WITH taken AS (UPDATE seats SET held = held + 1 WHERE id = {row} AND held < capacity RETURNING id)
    INSERT INTO hold (seats, at) SELECT id, now() FROM taken;
"""


def insert_webhook(system: System) -> Yardstick | None:
    """Return inserted rows of 600 bytes a second, each its own transaction."""
    return _pgbench(system, name="pgbench INSERT", setup=WEBHOOK_TABLE, script=INSERT_WEBHOOK)


def take_seat_hot(system: System) -> Yardstick | None:
    """Return guarded updates with an insert a second, all on one row."""
    return _pgbench(system, name="pgbench UPDATE+INSERT, one row", setup=SEAT_TABLES, script=TAKE_SEAT.format(row=1))


def take_seat_spread(system: System) -> Yardstick | None:
    """Return guarded updates with an insert a second, over 1,000 rows."""
    script = "\\set row random(1, 1000)\n" + " ".join(TAKE_SEAT.format(row=":row").split())
    return _pgbench(system, name="pgbench UPDATE+INSERT, spread", setup=SEAT_TABLES, script=script)


def select_by_key(system: System) -> Yardstick | None:
    """Return single rows read by primary key a second."""
    script = "\\set row random(1, 1000)\nSELECT held FROM seats WHERE id = :row;"
    return _pgbench(system, name="pgbench SELECT by key", setup=SEAT_TABLES, script=script)


def _pgbench(system: System, *, name: str, setup: str, script: str) -> Yardstick | None:
    program = _program()
    if program is None:
        return None
    with _empty_database(system) as address, tempfile.TemporaryDirectory() as folder:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(setup)
        file = Path(folder) / "script.sql"
        file.write_text(script, encoding="utf-8")
        size = ["--client", str(CLIENTS), "--jobs", "2", "--time", str(SECONDS)]
        done = subprocess.run(
            [program, "--no-vacuum", "--protocol", "prepared", *size, "--file", str(file), address],
            capture_output=True,
            text=True,
            check=True,
        )
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps = "))
    return Yardstick(name=name, figure=float(line.split()[2]))


def _program() -> str | None:
    embedded = postgres.installation() / "bin" / "pgbench"
    return str(embedded) if embedded.exists() else shutil.which("pgbench")


@contextmanager
def _empty_database(system: System) -> Iterator[str]:
    name = sql.Identifier(DATABASE)
    with system.database() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield make_conninfo(**conninfo_to_dict(system.demo["database"]) | {"dbname": DATABASE})
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
