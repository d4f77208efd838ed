"""Give a person the secret address of their calendar, or another one."""

import uuid

from common.transactions import requires_transaction
from events.models import CalendarLink


@requires_transaction
def ensure_calendar_secret(*, user_id: uuid.UUID) -> uuid.UUID:
    """Return the number in the person's link; the first time, make it."""
    link, _created = CalendarLink.objects.get_or_create(user_id=user_id)
    return link.secret


@requires_transaction
def reset_calendar_link(*, user_id: uuid.UUID) -> uuid.UUID:
    """Make another number: whoever knows the old address sees nothing any more."""
    link, _created = CalendarLink.objects.update_or_create(user_id=user_id, defaults={"secret": uuid.uuid4()})
    return link.secret
