"""The engine of Django's connections: counted by django-prometheus, looked at without a query before each use."""

import select
from collections.abc import Callable
from datetime import UTC
from functools import cache
from typing import Any

from django.db.backends.postgresql import base
from django_prometheus.db import errors_total, execute_many_total, execute_total, query_duration_seconds
from django_prometheus.db.backends.postgresql.base import DatabaseWrapper as CountedWrapper
from psycopg import Cursor, adapters
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.pq import Format


class DatabaseWrapper(CountedWrapper):
    """The name that Django looks for in an engine."""

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = base.DatabaseWrapper.get_connection_params(self)
        params["cursor_factory"] = counted(params["cursor_factory"], alias=self.alias, vendor=self.vendor)
        if self.timezone == UTC:
            params["context"] = with_utc_loader(params["context"])
        return params

    def is_usable(self) -> bool:
        """Return whether the server is still there.

        A server that ends sends its farewell or closes the socket, so a connection at rest from which nothing is to be
        read is alive: one system call instead of the query that Django asks before each request's first one.
        """
        if self.connection is None or self.connection.closed:
            return False
        return not has_something_to_read(self.connection.pgconn.socket) or bool(super().is_usable())


class UtcLoader(Loader):
    """Lets psycopg itself read times, in C where it is installed: a list of events has forty of them.

    Django's loader reads each in Python, to put its zone in the place of the session's; where both are UTC that changes
    nothing.
    """

    # Django asks before it makes a cursor.
    timezone = UTC

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        self._own = adapters.get_loader(oid, Format.TEXT)(oid, context)  # type: ignore[misc]
        # Psycopg asks the loader for this once and calls it for each value.
        self.load = self._own.load  # type: ignore[method-assign]

    def load(self, data: Buffer) -> Any:
        return self._own.load(data)


@cache
def with_utc_loader(template: AdaptersMap) -> AdaptersMap:
    """Return Django's adapters with this loader of times."""
    quick = AdaptersMap(template)
    quick.register_loader("timestamptz", UtcLoader)
    return quick


def has_something_to_read(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def counted(cursor_class: type[Cursor], *, alias: str, vendor: str) -> type[Cursor]:
    """Return the cursor class with django-prometheus's metrics, whose labels are looked up once instead of each time."""
    executed = execute_total.labels(alias, vendor)
    executed_many = execute_many_total.labels(alias, vendor)
    duration = query_duration_seconds.labels(alias, vendor)

    class CountedCursor(cursor_class):  # type: ignore[misc,valid-type]
        def execute(self, *args: Any, **kwargs: Any) -> Any:
            executed.inc()
            return _timed(super().execute, *args, **kwargs)

        def executemany(self, query: Any, parameters: Any, *args: Any, **kwargs: Any) -> Any:
            executed.inc(len(parameters))
            executed_many.inc(len(parameters))
            return _timed(super().executemany, query, parameters, *args, **kwargs)

    def _timed(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with duration.time():
            try:
                return call(*args, **kwargs)
            except Exception as error:
                errors_total.labels(alias, vendor, type(error).__name__).inc()
                raise

    return CountedCursor
