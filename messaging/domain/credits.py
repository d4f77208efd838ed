"""Credits: a user's budget of messages, refilled every few seconds.

The rule stands here once; the Redis script does the same on the shared bucket, and a contract test holds them together.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Allowance:
    """How large a bucket is and how much comes back with each interval."""

    capacity: int
    refill: int
    interval_seconds: float


@dataclass(frozen=True, slots=True)
class Bucket:
    left: int
    refilled_at: float
    # Granted by an administrator: spent last, and never refilled.
    extra: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """What a request for credits got."""

    granted: int
    left: int
    retry_after: float


def full(allowance: Allowance, *, now: float) -> Bucket:
    return Bucket(allowance.capacity, now)


def refilled(bucket: Bucket, allowance: Allowance, *, now: float) -> Bucket:
    """Return the bucket as it is now: each whole interval since the last refill has put `refill` credits back."""
    intervals = int((now - bucket.refilled_at) // allowance.interval_seconds)
    if intervals <= 0:
        return bucket
    left = min(allowance.capacity, bucket.left + intervals * allowance.refill)
    return replace(bucket, left=left, refilled_at=bucket.refilled_at + intervals * allowance.interval_seconds)


def spend(bucket: Bucket, allowance: Allowance, *, wanted: int, now: float) -> tuple[Bucket, Grant]:
    """Take up to `wanted` credits; a full bucket starts its interval with the first credit taken from it."""
    bucket = refilled(bucket, allowance, now=now)
    since = now if bucket.left >= allowance.capacity else bucket.refilled_at
    granted = min(wanted, bucket.left + bucket.extra)
    own = min(granted, bucket.left)
    bucket = Bucket(bucket.left - own, since, bucket.extra - (granted - own))
    retry_after = max(0.0, since + allowance.interval_seconds - now) if granted < wanted else 0.0
    return bucket, Grant(granted, bucket.left + bucket.extra, retry_after)


def refund(bucket: Bucket, allowance: Allowance, *, amount: int) -> Bucket:
    """Put credits back that bought nothing."""
    return replace(bucket, left=min(allowance.capacity, bucket.left + amount))


def granted(bucket: Bucket, *, amount: int) -> Bucket:
    """Add credits that an administrator gives, beyond the capacity."""
    return replace(bucket, extra=bucket.extra + amount)
