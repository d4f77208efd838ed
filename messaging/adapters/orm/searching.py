"""Search in one conversation: PostgreSQL's full text, in Russian and in English.

Computed while searching and not indexed: each message would pay for the index, and few are ever searched for. What one
search looks at is bounded; `before_seq` goes on behind it.
"""

import uuid

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Max, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from messaging.adapters.orm.selectors import list_messages
from messaging.models import Message

LOOKED_AT = 20_000
LANGUAGES = ("russian", "english")


def search_messages(
    *, user_id: uuid.UUID, conversation_id: uuid.UUID, words: str, before_seq: int | None
) -> QuerySet[Message]:
    """Return the messages with all these words, latest first.

    Raises:
        NotFound: there is no such conversation, or the user isn't in it.
    """
    messages = list_messages(user_id=user_id, conversation_id=conversation_id)
    if before_seq is not None:
        messages = messages.filter(seq__lt=before_seq)
    last = messages.aggregate(last=Max("seq"))["last"] or 0
    within = messages.filter(seq__gt=last - LOOKED_AT, deleted_at__isnull=True).exclude(kind="edit")
    text = KeyTextTransform("text", "body")
    found = Q()
    for language in LANGUAGES:
        within = within.annotate(**{f"in_{language}": SearchVector(text, config=language)})
        found |= Q(**{f"in_{language}": SearchQuery(words, config=language, search_type="websearch")})
    return within.filter(found).order_by("-seq")
