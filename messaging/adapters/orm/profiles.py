"""What people have chosen for the chat."""

import uuid

from common.transactions import requires_transaction
from messaging.models import ChatProfile


def shows_presence(*, user_id: uuid.UUID) -> bool:
    """Tell whether others see that this person is there; who has chosen nothing shows it."""
    chosen = ChatProfile.objects.filter(user_id=user_id).values_list("shows_presence", flat=True).first()
    return chosen is not False


@requires_transaction
def change_profile(*, user_id: uuid.UUID, shows_presence: bool) -> None:
    ChatProfile.objects.update_or_create(user_id=user_id, defaults={"shows_presence": shows_presence})
