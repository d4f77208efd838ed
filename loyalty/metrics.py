"""What this app tells Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

WEBHOOKS = Counter("loyalty_webhooks_total", "Webhooks answered.", ["project", "outcome"])
WEBHOOK_SECONDS = Histogram(
    "loyalty_webhook_seconds",
    "Time from a webhook's arrival to its answer.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
WEBHOOKS_PROCESSED = Counter("loyalty_webhooks_processed_total", "Webhooks worked on.", ["project", "outcome"])
CALLBACKS = Counter("loyalty_callbacks_total", "Events sent to shops.", ["project", "event", "outcome"])
CHORES_FAILED = Counter(
    "loyalty_chores_failed_total", "Lots and customers to which the clock could not do what was due.", ["chore"]
)
LEDGER_DISCREPANCY = Gauge(
    "ledger_discrepancy", "Accounts, lots and transactions that disagree.", multiprocess_mode="mostrecent"
)
WAITING = Gauge("loyalty_webhooks_waiting", "Webhooks that wait for a worker.", multiprocess_mode="mostrecent")
OLDEST_SECONDS = Gauge(
    "loyalty_oldest_webhook_seconds", "How long the oldest of them waits.", multiprocess_mode="mostrecent"
)
