"""Liveness, readiness and metrics of the web process."""

import hmac
import os
from collections.abc import Callable

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client import REGISTRY as PROCESS_REGISTRY
from prometheus_client.multiprocess import MultiProcessCollector
from redis.exceptions import RedisError

from bus import kafka
from bus.selectors import get_relay_lag_seconds
from common.cache import LosableRedisCache

RELAY_LAG_LIMIT_SECONDS = 60


class ProbeMiddleware:
    """Answer probes before the host name is judged: a probe asks an address, not one of ALLOWED_HOSTS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path)
        return probe(request) if probe else self.get_response(request)


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process can."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when requests can be served: PostgreSQL answers, takes writes, and its schema is this code's.

    Redis, Kafka and a late relay are named as degraded: the product works without them, slower or later.
    """
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        writable = _takes_writes()
    except DatabaseError as error:
        return JsonResponse({"status": "unavailable", "database": type(error).__name__}, status=503)
    if not writable:
        return JsonResponse({"status": "unavailable", "database": "read_only"}, status=503)
    if pending:
        return JsonResponse({"status": "unavailable", "migrations_pending": len(pending)}, status=503)
    degraded = [name for name, works in CHECKS.items() if not works()]
    return JsonResponse({"status": "degraded" if degraded else "ready", "degraded": degraded})


def metrics(request: HttpRequest) -> HttpResponse:
    """Serve Prometheus the sum over this process kind's workers; closed to strangers by METRICS_TOKEN or loopback."""
    if not _may_scrape(request):
        return HttpResponse(status=404)
    return HttpResponse(render_metrics(), content_type=CONTENT_TYPE_LATEST)


def render_metrics() -> bytes:
    """Return the metrics text: of all workers when PROMETHEUS_MULTIPROC_DIR is set, else of this process."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(PROCESS_REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)


def _may_scrape(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    behind_proxy = "X-Forwarded-For" in request.headers
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not behind_proxy


def _takes_writes() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        return bool(cursor.fetchone() == ("off",))


def _redis_answers() -> bool:
    cache = caches["default"]
    if not isinstance(cache, LosableRedisCache):
        return True
    try:
        return cache.ping()
    except RedisError:
        return False


def _relay_keeps_up() -> bool:
    return get_relay_lag_seconds() < RELAY_LAG_LIMIT_SECONDS


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics,
}
CHECKS: dict[str, Callable[[], bool]] = {
    "redis": _redis_answers,
    "kafka": kafka.answers,
    "relay": _relay_keeps_up,
}
