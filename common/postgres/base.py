"""The engine of Django's connections: counted by django-prometheus, looked at without a query before each use."""

import select
from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base
from django_prometheus.db import errors_total, execute_many_total, execute_total, query_duration_seconds
from django_prometheus.db.backends.postgresql.base import DatabaseWrapper as CountedWrapper
from psycopg import Cursor


class DatabaseWrapper(CountedWrapper):
    """The name that Django looks for in an engine."""

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = base.DatabaseWrapper.get_connection_params(self)
        params["cursor_factory"] = counted(params["cursor_factory"], alias=self.alias, vendor=self.vendor)
        return params

    def is_usable(self) -> bool:
        """Return whether the server is still there.

        A server that ends sends its farewell or closes the socket, so a connection at rest from which nothing is to be
        read is alive: one system call instead of the query that Django asks before each request's first one.
        """
        if self.connection is None or self.connection.closed:
            return False
        return not has_something_to_read(self.connection.pgconn.socket) or bool(super().is_usable())


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
