"""The demo's conversations: the same on each run. What people have written since then stays."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from messaging.domain.conversations import direct_key
from messaging.models import Conversation, Membership, Message, MessageId

NAMESPACE = uuid.UUID("a1c9d6f2-0f4b-5c6e-9b0a-3f0f6a4be611")

# Who writes what, in turns.
ORGANIZER_AND_USER = [
    ("user", "Здравствуйте! Хочу на сплав по Катуни, но раньше сплавлялась только один раз. Это не страшно?"),
    (
        "organizer",
        "Здравствуйте, Анна! Совсем не страшно: маршрут второй категории, перед стартом час учимся на тихой воде.",
    ),
    ("user", "А что взять с собой?"),
    ("organizer", "Тёплые вещи, сменную обувь и дождевик. Гидрокостюмы, жилеты и каски выдаём на месте."),
    ("user", "Спасибо! Тогда бронирую два места."),
    ("organizer", "Отлично, будем ждать вас у моста в девять утра."),
]
USER_AND_USER2 = [
    ("user2", "Привет! Ты в субботу едешь?"),
    ("user", "Еду! Взяла два места, второе — для брата."),
    ("user2", "Тогда возьму в соседней лодке. Гитару брать?"),
    ("user", "Бери, вечером у костра пригодится 🙂"),
]
CREW = [
    ("organizer", "Друзья, собираемся в пятницу в 19:00 у базы, чтобы выехать засветло."),
    ("user", "Я буду. Могу подвезти двоих из Новосибирска."),
    ("user2", "Меня, пожалуйста!"),
]


def load_demo(known: dict[str, Any]) -> dict[str, Any]:
    """Make what is missing."""
    people = {role: uuid.UUID(known["accounts"][role]["id"]) for role in ("organizer", "user", "user2")}
    _converse(_direct(people["organizer"], people["user"]), people, ORGANIZER_AND_USER, read_by=("organizer",))
    _converse(_direct(people["user"], people["user2"]), people, USER_AND_USER2, read_by=("user", "user2"))
    group = _group("Сплав по Катуни: сборы", [people["organizer"], people["user"], people["user2"]])
    _converse(group, people, CREW, read_by=("organizer", "user2"))
    return {}


def _direct(one: uuid.UUID, other: uuid.UUID) -> Conversation:
    conversation, is_new = Conversation.objects.get_or_create(
        direct_key=direct_key(one, other), defaults={"kind": Conversation.Kind.DIRECT}
    )
    if is_new:
        _let_in(conversation, [one, other])
    return conversation


def _group(title: str, member_ids: Sequence[uuid.UUID]) -> Conversation:
    conversation, is_new = Conversation.objects.get_or_create(
        id=uuid.uuid5(NAMESPACE, title), defaults={"kind": Conversation.Kind.GROUP, "title": title}
    )
    if is_new:
        _let_in(conversation, member_ids)
    return conversation


def _let_in(conversation: Conversation, user_ids: Sequence[uuid.UUID]) -> None:
    Membership.objects.bulk_create([Membership(conversation=conversation, user_id=user_id) for user_id in user_ids])


def _converse(
    conversation: Conversation,
    people: dict[str, uuid.UUID],
    lines: Sequence[tuple[str, str]],
    *,
    read_by: Sequence[str],
) -> None:
    """Write the lines into a conversation that has none yet; who hasn't read it has unread messages."""
    if conversation.last_seq:
        return
    began_at = timezone.now() - timedelta(hours=3)
    messages = [
        Message(
            conversation=conversation,
            seq=seq,
            id=uuid.uuid5(NAMESPACE, f"{conversation.pk}/{seq}"),
            sender_id=people[role],
            kind="text",
            body={"text": text},
            at=began_at + timedelta(minutes=4 * seq),
        )
        for seq, (role, text) in enumerate(lines, start=1)
    ]
    Message.objects.bulk_create(messages)
    MessageId.objects.bulk_create(
        [
            MessageId(sender_id=one.sender_id, id=one.id, conversation_id=conversation.pk, seq=one.seq, at=one.at)
            for one in messages
        ]
    )
    last = messages[-1]
    Conversation.objects.filter(pk=conversation.pk).update(last_seq=last.seq, changed_at=last.at)
    readers = [people[role] for role in read_by]
    conversation.memberships.filter(user_id__in=readers).update(read_seq=last.seq, delivered_seq=last.seq)
