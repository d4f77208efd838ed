"""What operators see of the messenger, as Prometheus series."""

from collections import defaultdict

from prometheus_client import Counter, Gauge, Histogram

from messaging.application.report_node import Noticed

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500)

PROCESSED = Counter("chat_parcels_total", "Parcels that a stage has worked on.", ["type", "stage"])
DROPPED = Counter("chat_dropped_total", "Parcels refused or left out.", ["type", "stage", "reason"])
BATCH = Histogram("chat_batch_size", "Parcels per batch.", ["type", "stage"], buckets=SIZES)
WAITED = Histogram(
    "chat_buffer_wait_seconds", "How long a batch's first parcel lay in the buffer.", ["type", "stage"], buckets=SECONDS
)
TOOK = Histogram("chat_stage_seconds", "How long a stage took for a batch.", ["type", "stage"], buckets=SECONDS)
DEPTH = Gauge("chat_buffer_depth", "Parcels in a buffer.", ["type", "stage"], multiprocess_mode="livesum")
SESSIONS = Gauge("chat_sessions", "Open sockets.", multiprocess_mode="livesum")
CLOSED = Counter("chat_closed_total", "Sockets closed by the server.", ["code"])
SHED = Counter("chat_socket_left_out_total", "Ephemeral objects left out of a slow socket's queue.")
REDELIVERED = Counter("chat_redelivered_total", "Messages given again because a device did not confirm them.")
CAUGHT_UP = Counter("chat_caught_up_total", "Messages that the outbox brought because publishing did not.")
READ_TO_BEGIN = Counter("chat_begin_reads_total", "Reads of the store for sockets that begin.", ["what"])
PRESSURE = Gauge("chat_pressure", "Load of the node, smoothed, from 0 to 1.", multiprocess_mode="livemax")
STATE = Gauge("chat_pressure_state", "1 for the state that the node is in.", ["state"], multiprocess_mode="livesum")
# A share of the last commit's time that is left after each look.
COMMIT_FADES = 0.8
STATES = ("normal", "throttled", "shedding")


class PrometheusGauges:
    """Counts for the pipeline and for the use cases; keeps the last commit's time for the feedback loop."""

    def __init__(self, noticed: Noticed) -> None:
        self._noticed = noticed
        self._commit_seconds = 0.0
        # Counted here first: an overloaded node refuses thousands a second.
        self._dropped: dict[tuple[str, str, str], int] = defaultdict(int)
        self._series: dict[tuple[str, str], tuple[Counter, Histogram, Histogram, Histogram]] = {}

    def worked(self, type_name: str, stage: str, *, size: int, waited: float, took: float) -> None:
        series = self._series.get((type_name, stage))
        if series is None:
            labels = {"type": type_name, "stage": stage}
            series = (
                PROCESSED.labels(**labels),
                BATCH.labels(**labels),
                WAITED.labels(**labels),
                TOOK.labels(**labels),
            )
            self._series[type_name, stage] = series
        processed, batch, wait, work = series
        processed.inc(size)
        batch.observe(size)
        wait.observe(waited)
        work.observe(took)
        if stage == "persist":
            self._commit_seconds = took

    def last_commit_seconds(self) -> float:
        """Return how long the last commit took; an old one says nothing about now, so it fades."""
        self._commit_seconds *= COMMIT_FADES
        return self._commit_seconds

    def dropped(self, type_name: str, stage: str, *, reason: str, count: int) -> None:
        self._dropped[type_name, stage, reason] += count
        self._noticed.dropped[f"{type_name}.{stage}.{reason}"] += count

    def redelivered(self, count: int) -> None:
        REDELIVERED.inc(count)
        self._noticed.redelivered += count

    def caught_up(self, count: int) -> None:
        CAUGHT_UP.inc(count)

    def pressure(self, level: float, state: str) -> None:
        """Show the node's pressure, and what was dropped since the last time."""
        for (type_name, stage, reason), count in self._dropped.items():
            DROPPED.labels(type=type_name, stage=stage, reason=reason).inc(count)
        self._dropped.clear()
        PRESSURE.set(level)
        for one in STATES:
            STATE.labels(state=one).set(one == state)
