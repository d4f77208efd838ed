"""The running system that is measured, as its `demo.json` describes it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import redis
from psycopg import sql
from stack.environment import for_another_stack

PROJECT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 300
# Celery's, and what of them may wait longer.
QUEUES = [
    f"{name}{priority}" for name in ("critical", "webhooks", "notifications", "bulk") for priority in ("", ":3", ":6")
]
# Facts that a reader of the outbox has not reached, and reactions that are due.
UNDER_WAY_SQL = """
    SELECT (SELECT count(*) FROM bus_outboxrow WHERE id > (SELECT min(last_id) FROM bus_relaycursor))
         + (SELECT count(*) FROM bus_delivery WHERE status = 'pending' AND next_attempt_at <= now())
"""


class NothingToMeasure(Exception):
    """AQUASTREAM_DEMO names no demo.json of a running system."""


class NotDurable(Exception):
    """PostgreSQL acknowledges what a crash would lose: figures measured on it would flatter."""


class NeverAtRest(Exception):
    """The system still works on what happened before the measurement."""


class CommandFailed(Exception):
    """A management command ended with an error; the text is its output."""


@dataclass(frozen=True, kw_only=True)
class LoadUser:
    """A verified user with a token of all scopes."""

    id: str
    email: str
    token: str


@dataclass(frozen=True, kw_only=True)
class System:
    """Addresses and accounts of the system; `demo` is the whole file."""

    demo: dict[str, Any]

    @property
    def web(self) -> str:
        return str(self.demo["web"])

    @property
    def chat(self) -> str:
        return str(self.demo["chat"])

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection]:
        """Open a connection of the bench's own, in autocommit, to prepare and to verify."""
        with psycopg.connect(self.demo["database"], autocommit=True) as connection:
            yield connection

    def count(self, query: str, parameters: Sequence[object] = ()) -> int:
        """Return the one number that a query answers."""
        with self.database() as connection:
            row = connection.execute(query, parameters).fetchone()
        return int(row[0]) if row else 0

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.demo["redis"])

    def manage(self, *arguments: str, text: str | None = None) -> str:
        """Run a Django command in the system's environment and return what it printed.

        Raises:
            CommandFailed: it did not end with 0.
        """
        stack = [sys.executable, "-m", "stack", "exec", "--", sys.executable, str(PROJECT / "manage.py")]
        environment = for_another_stack(os.environ, demo=self.demo) | {
            "AQUASTREAM_STATE": str(Path(os.environ["AQUASTREAM_DEMO"]).parent),
            "PYTHONPATH": f"{PROJECT / 'bin'}{os.pathsep}{PROJECT}",
        }
        done = subprocess.run(
            [*stack, *arguments], cwd=PROJECT, env=environment, input=text, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise CommandFailed(f"{' '.join(arguments)}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done.stdout

    def come_to_rest(self) -> float:
        """Wait until what was asked for before has had all its consequences; return how many seconds that took.

        Whoever measures while the facts about thousands of new users are still being handled measures that.

        Raises:
            NeverAtRest: work is still waiting after five minutes.
        """
        started_at = time.monotonic()
        queues = self.redis()
        with self.database() as database:
            while time.monotonic() - started_at < PATIENCE_SECONDS:
                facts = database.execute(UNDER_WAY_SQL).fetchone()
                tasks = sum(int(queues.llen(name)) for name in QUEUES)  # type: ignore[arg-type]  # not awaitable here
                if facts == (0,) and not tasks:
                    return time.monotonic() - started_at
                time.sleep(0.2)
        raise NeverAtRest(f"{facts} facts and {tasks} tasks are still under way after {PATIENCE_SECONDS} s.")

    def make_users(self, count: int) -> list[LoadUser]:
        """Make verified users with tokens, and let everybody have heard of them."""
        lines = self.manage("make_users", "--count", str(count)).splitlines()
        self.come_to_rest()
        return [LoadUser(**json.loads(line)) for line in lines if line.startswith("{")]


def running() -> System:
    """Return the system that AQUASTREAM_DEMO names.

    Raises:
        NothingToMeasure: the variable is not set or the file is not there.
        NotDurable: fsync, synchronous_commit or full_page_writes is off.
    """
    path = Path(os.environ.get("AQUASTREAM_DEMO", ""))
    if not path.is_file():
        raise NothingToMeasure("AQUASTREAM_DEMO must name the demo.json of a running system; bin/bench starts one.")
    system = System(demo=json.loads(path.read_text(encoding="utf-8")))
    with system.database() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            row = connection.execute(sql.SQL("SHOW {}").format(sql.Identifier(setting))).fetchone()
            if row != ("on",):
                raise NotDurable(
                    f"{setting} is off at {system.demo['database']}. Does DATABASE_URL name a test server?"
                )
    return system
