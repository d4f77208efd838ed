"""Logging: a constant event name plus fields, one JSON line each, or readable text for developers."""

import logging
import logging.config
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


class WithoutPath(logging.Filter):
    """Django names the path of a request that failed; paths carry secrets (webhooks, unsubscribe links)."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = "http.failed", None
        return True


class Refused(logging.Filter):
    """A request that Django found suspicious (a foreign host, a path that climbs out of its folder): one line.

    The logger's name says what it was. The text repeats what the stranger sent, and the way to the check is no news.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args, record.exc_info = "http.refused", None, None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def configure(*, as_json: bool) -> None:
    """Send the log of Django, Celery and the product through one formatter to standard error."""
    # Local variables hold people's data and secrets: no traceback shows them.
    tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    renderer: list[Any] = (
        [tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": SHARED,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
                }
            },
            "filters": {"no_path": {"()": WithoutPath}, "refused": {"()": Refused}},
            "handlers": {
                "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
                # On the handler: a logger's filter isn't asked about what its children say.
                "refused": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refused"]},
            },
            "root": {"handlers": ["stderr"], "level": "INFO"},
            "loggers": {
                # The request line of common.middleware says the same with more fields.
                "django.request": {"level": "ERROR", "filters": ["no_path"]},
                "django.security": {"handlers": ["refused"], "propagate": False},
                "httpx": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
