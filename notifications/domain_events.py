"""What the notifications tell others, and their own workers."""

from dataclasses import dataclass
from uuid import UUID

from bus.facts import Fact, states


@states("notifications.job.planned.v1", key="user_id", topic="notification.jobs")
@dataclass(frozen=True, kw_only=True)
class JobPlanned(Fact):
    """A message to a recipient through a channel was decided on."""

    job_id: UUID
    user_id: UUID
    event_id: UUID
    event_type: str
    template_code: str
    channel: str
    category: str
