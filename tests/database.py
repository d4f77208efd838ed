"""Databases for tests: cloned from one migrated template, never flushed.

The audit log refuses TRUNCATE, and cloning is faster than flushing a hundred tables. Tests in a transaction that is
rolled back share their worker's clone. A test that commits (`django_db(transaction=True)`) works in another clone, which
is under a new name in each test, so that a thread of a former one can't write into it; what was committed is taken back
afterwards, or, where a test has changed more than rows, a new clone is made.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import TransactionTestCase

from tests.pristine import Pristine

TEMPLATE_LOCK = 0x7E57
# Each is waited for, in milliseconds.
END_OTHERS_SQL = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
_numbers = count(1)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Give this worker its clone of the template."""
    with django_db_blocker.unblock():
        home = connection.settings_dict["NAME"]
        template = ensure_template()
        clone = _new_clone(of=template)
        with pytest.MonkeyPatch.context() as patch:
            workshop = clone_instead_of_flush(patch, template=template)
            yield
        connect_to(home)
        workshop.throw_away()
        _drop(clone)


def clone_instead_of_flush(patch: pytest.MonkeyPatch, *, template: str) -> "Workshop":
    """Let Django's test case for committing tests work in a clone that is as good as new each time."""
    workshop = Workshop(template)

    def set_up(cls: Any) -> None:
        cls.shared_database = connection.settings_dict["NAME"]
        workshop.open()

    def tear_down(self: Any) -> None:
        connect_to(self.shared_database)
        workshop.clear()

    patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(set_up))
    patch.setattr(TransactionTestCase, "_fixture_teardown", tear_down)
    return workshop


class Workshop:
    """The clone of a worker in which committing tests work, one after the other."""

    def __init__(self, template: str) -> None:
        self.template = template
        self.name: str | None = None
        self.pristine: Pristine | None = None

    def open(self) -> None:
        """Connect to the clone under a name that no test before has known."""
        connections.close_all()
        if self.name is None:
            self.name = _new_clone(of=self.template)
            with _server(dbname=self.name) as database:
                self.pristine = Pristine.of(database) if _may_restore(database) else None
        else:
            self.name, known = _name_of_clone(self.template), self.name
            with _server() as server:
                server.execute(f'ALTER DATABASE "{known}" RENAME TO "{self.name}"')
        connect_to(self.name)

    def clear(self) -> None:
        """Take back what the test has left, after ending whoever still works there."""
        if self.name is None:
            return
        with _server() as server:
            server.execute(END_OTHERS_SQL, [self.name])
        with _server(dbname=self.name) as database:
            is_whole = self.pristine is not None and self.pristine.restore(database)
        if not is_whole:
            self.throw_away()

    def throw_away(self) -> None:
        if self.name is not None:
            _drop(self.name)
            self.name = self.pristine = None


def ensure_template() -> str:
    """Return the name of a database with all migrations applied and the roles they end with; made once per state."""
    home = connection.settings_dict["NAME"]
    prefix = f"template_{home}_"
    name = prefix + _state_of_migrations()
    with _server() as server:
        # Held by one run of the tests against the others on the same database; its neighbours need not wait.
        server.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [TEMPLATE_LOCK, home])
        if _exists(server, name):
            return name
        for (outdated,) in server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]):
            _drop(outdated)
        server.execute(f'CREATE DATABASE "{name}_unfinished"')
        connect_to(f"{name}_unfinished")
        call_command("migrate", verbosity=0)
        connect_to(home)
        server.execute(f'ALTER DATABASE "{name}_unfinished" RENAME TO "{name}"')
    return name


def connect_to(name: str) -> None:
    """Let this process, threads included, use another database."""
    connections.close_all()
    # One dict is shared by the connections of all threads.
    connections.databases["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


def _state_of_migrations() -> str:
    digest = hashlib.sha256()
    for path in [*sorted(Path().glob("*/migrations/*.py")), Path("accounts/services/set_up_staff_roles.py")]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _name_of_clone(template: str) -> str:
    return f"{template[:30]}_{os.getpid()}_{next(_numbers)}"


def _may_restore(database: psycopg.Connection) -> bool:
    """Tell whether triggers can be left out: only a superuser may."""
    return database.execute("SHOW is_superuser").fetchone() == ("on",)


def _new_clone(*, of: str) -> str:
    name = _name_of_clone(of)
    with _server() as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of}"')
    connect_to(name)
    return name


def _drop(name: str) -> None:
    with _server() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _exists(server: psycopg.Connection, name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


@contextmanager
def _server(*, dbname: str = "postgres") -> Iterator[psycopg.Connection]:
    """Connect to the server's own database: one can't clone or drop a database while connected to it."""
    parameters = connection.get_connection_params() | {"dbname": dbname}
    known = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if key in parameters}
    with psycopg.connect(**known, autocommit=True) as server:
        yield server
