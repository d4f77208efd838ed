"""The horizon may step back for a moment: a transaction of another database that has just ended counts as running."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 10.0


def until_read(read: Callable[[], int], *, count: int) -> int:
    """Read until `count` rows have come; return how many did."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    total = read()
    while total < count and time.monotonic() < deadline:
        time.sleep(0.01)
        total += read()
    return total
