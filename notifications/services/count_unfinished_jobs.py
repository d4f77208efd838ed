"""Count the jobs that wait or are being sent, for the metrics."""

from django.db.models import Count

from notifications.metrics import JOBS_UNFINISHED
from notifications.models import NotificationJob
from notifications.models.choices import Channel


def count_unfinished_jobs() -> dict[tuple[str, str], int]:
    """Tell Prometheus how many jobs each channel has in each state, also that it has none; return the counts."""
    counted = NotificationJob.objects.unfinished().order_by().values_list("channel", "status")
    found = {(channel, status): count for channel, status, count in counted.annotate(Count("id"))}
    counts = {(str(channel), str(status)): 0 for channel in Channel for status in NotificationJob.UNFINISHED} | found
    for (channel, status), count in counts.items():
        JOBS_UNFINISHED.labels(channel=channel, status=status).set(count)
    return counts
