"""Pace: how quickly a worker gets through what waits before it, and so how long whatever comes next would wait."""

SMOOTHING = 0.3
# Who is refused comes again after this at the earliest, and all of them together no faster than this.
RETRY_SECONDS = 1.0
RETRIES_PER_SECOND = 4000


class Pace:
    """Of one worker that takes batches.

    By Little's law: what waits is so many batches, and each takes as long as the last ones did. One that has been at work
    for longer than that is counted as if it ended now: a hiccup moves the estimate a little, a worker that has become
    slower moves it with every batch, and one that stands still moves it without end.
    """

    __slots__ = ("_since", "_took")

    def __init__(self) -> None:
        self._took = 0.0
        self._since: float | None = None

    def begin(self, *, now: float) -> None:
        """Note that a batch is being worked on."""
        self._since = now

    def end(self, *, now: float) -> None:
        """Note that the worker is ready for the next one."""
        if self._since is not None:
            self._took = self._after(now - self._since)
            self._since = None

    def wait_seconds(self, waiting: int, *, batch: int, now: float) -> float:
        """Return how long one more parcel waits behind so many others."""
        took = self._took if self._since is None else max(self._took, self._after(now - self._since))
        return waiting / batch * took

    def _after(self, took: float) -> float:
        """Return what a batch takes, with one more that took so long."""
        return self._took + SMOOTHING * (took - self._took)


class Turns:
    """When those who are refused may come again: not all at once, for each refusal costs something too."""

    __slots__ = ("_last_at",)

    def __init__(self) -> None:
        self._last_at = 0.0

    def wait_seconds(self, *, now: float) -> float:
        """Give the next turn away; return in what time it comes."""
        self._last_at = max(self._last_at, now) + 1 / RETRIES_PER_SECOND
        return RETRY_SECONDS + self._last_at - now
