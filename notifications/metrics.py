"""What the notifications tell Prometheus."""

from prometheus_client import Counter, Histogram

EVENTS_ACCEPTED = Counter("notifications_events_total", "Events accepted for the first time.", ["event_type", "status"])
JOBS_ENDED = Counter("notifications_job_attempts_total", "Attempts to deliver, by outcome.", ["channel", "status"])
LAG_SECONDS = Histogram(
    "notifications_lag_seconds",
    "From the event's occurrence to the message's departure.",
    ["channel"],
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
)
