"""Databases for tests: cloned from one migrated template, never flushed.

The audit log refuses TRUNCATE, and cloning is faster than flushing a hundred tables. Tests in a transaction that is
rolled back share their worker's clone; a test that commits (`django_db(transaction=True)`) gets a clone of its own.
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

TEMPLATE_LOCK = 0x7E57
_numbers = count(1)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Give this worker its clone of the template."""
    with django_db_blocker.unblock():
        home = connection.settings_dict["NAME"]
        clone = _new_clone(of=ensure_template())
        with pytest.MonkeyPatch.context() as patch:
            clone_instead_of_flush(patch)
            yield
        connect_to(home)
        _drop(clone)


def clone_instead_of_flush(patch: pytest.MonkeyPatch) -> None:
    """Let Django's test case for committing tests work in a clone that is thrown away."""

    def set_up(cls: Any) -> None:
        cls.shared_database = connection.settings_dict["NAME"]
        connections.close_all()
        cls.own_database = _new_clone(of=cls.shared_database)

    def tear_down(self: Any) -> None:
        connect_to(self.shared_database)
        _drop(self.own_database)

    patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(set_up))
    patch.setattr(TransactionTestCase, "_fixture_teardown", tear_down)


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


def _new_clone(*, of: str) -> str:
    name = f"{of[:30]}_{os.getpid()}_{next(_numbers)}"
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
def _server() -> Iterator[psycopg.Connection]:
    """Connect to the server's own database: one can't clone or drop a database while connected to it."""
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    known = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port") if key in parameters}
    with psycopg.connect(**known, autocommit=True) as server:
        yield server
