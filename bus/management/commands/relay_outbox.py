"""The `relay` process."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from bus.kafka import IsStopping
from bus.metrics_server import serve_metrics
from bus.relay import run_relay


class Command(BaseCommand):
    help = "Deliver the outbox to Kafka and to in-process handlers, until told to stop."
    # `migrate` has checked the project; here it would only cost each start a third of a second.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        is_stopping = IsStopping()
        signal.signal(signal.SIGTERM, is_stopping.stop)
        signal.signal(signal.SIGINT, is_stopping.stop)
        serve_metrics()
        run_relay(is_stopping=is_stopping)
