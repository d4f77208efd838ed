"""What the notifications tell Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

EVENTS_ACCEPTED = Counter("notifications_events_total", "Events accepted for the first time.", ["event_type", "status"])
JOBS_ENDED = Counter(
    "notifications_job_attempts_total", "Attempts to deliver, by outcome.", ["event_type", "channel", "status"]
)
LAG_SECONDS = Histogram(
    "notifications_lag_seconds",
    "From the event's occurrence to the message's departure.",
    ["channel"],
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 1800),
)
PROVIDER_ERRORS = Counter("notifications_provider_errors_total", "Trouble with providers.", ["provider", "kind"])
BREAKER_OPEN = Gauge(
    "notifications_breaker_open", "1 while a provider isn't asked.", ["provider"], multiprocess_mode="mostrecent"
)
QUEUE_AGE_SECONDS = Gauge(
    "notifications_queue_age_seconds", "How long the oldest due job is overdue.", multiprocess_mode="mostrecent"
)
JOBS_UNFINISHED = Gauge(
    "notifications_jobs_unfinished",
    "Jobs that wait or are being sent.",
    ["channel", "status"],
    multiprocess_mode="mostrecent",
)
