"""What other apps have asked to be posted, in transactions of their own."""

import uuid

import structlog
from msgspec.json import encode

from common.transactions import requires_transaction
from messaging.adapters.postgres.posting import SERVICE, post_message
from messaging.application.ports import Rejected
from messaging.domain.drafts import Draft, fingerprint
from messaging.models import Conversation

log = structlog.get_logger(__name__)

NOTICE = "notice"


@requires_transaction
def post_requested(
    *,
    message_id: uuid.UUID,
    text: str,
    conversation_id: uuid.UUID | None,
    event_id: uuid.UUID | None,
    sender_id: uuid.UUID | None,
) -> None:
    """Post it once; a conversation that isn't there, or a sender who isn't in it, is logged and not tried again."""
    if conversation_id is None and event_id is not None:
        chats = Conversation.objects.filter(kind=Conversation.Kind.EVENT, event_id=event_id)
        conversation_id = chats.values_list("pk", flat=True).first()
    if conversation_id is None:
        log.warning("messaging.post_nowhere", message_id=str(message_id))
        return
    kind = NOTICE if sender_id is None else "text"
    body = encode({"text": text})
    stored = post_message(
        draft=Draft(
            sender_id=sender_id or SERVICE,
            id=message_id,
            conversation_id=conversation_id,
            kind=kind,
            body=body,
            fingerprint=fingerprint(conversation_id, kind, body, None, None),
        )
    )
    if isinstance(stored, Rejected):
        log.warning("messaging.post_refused", message_id=str(message_id), code=stored.code)
