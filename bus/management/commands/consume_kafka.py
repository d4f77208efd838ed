"""The `consumer` process."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from bus.consumer import run_consumers
from bus.kafka import IsStopping
from bus.metrics_server import serve_metrics


class Command(BaseCommand):
    help = "Read Kafka topics into the product, until told to stop."
    # `migrate` has checked the project; here it would only cost each start a third of a second.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        is_stopping = IsStopping()
        signal.signal(signal.SIGTERM, is_stopping.stop)
        signal.signal(signal.SIGINT, is_stopping.stop)
        serve_metrics()
        run_consumers(is_stopping=is_stopping)
