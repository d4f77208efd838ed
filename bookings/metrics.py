"""What bookings tells Prometheus."""

from prometheus_client import Gauge

SEAT_DRIFT = Gauge(
    "bookings_seat_drift",
    "Events and ticket types whose seat counters differ from their bookings; anything but 0 is a defect.",
    multiprocess_mode="mostrecent",
)
