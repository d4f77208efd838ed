"""Reports of messages, and what moderators decide."""

import uuid
from datetime import datetime

from audit.services.record_entry import record_entry
from common.problems import NotFound, Problem
from common.transactions import requires_transaction
from messaging.adapters.orm.rooms import OrmRooms
from messaging.adapters.orm.selectors import list_messages
from messaging.models import Conversation, Message, MessageReport

# How many numbers before and behind a reported message a moderator sees.
AROUND = 6


class ReportDecided(Problem):
    """A moderator has decided already."""

    code = "report_decided"
    status = 409
    title = "This report was decided already."


@requires_transaction
def report_message(
    *, user_id: uuid.UUID, conversation_id: uuid.UUID, seq: int, reason: str, comment: str
) -> MessageReport:
    """Report a message of one's conversation; again returns the first report.

    Raises:
        NotFound: there is no such message of somebody else for the user.
    """
    others = list_messages(user_id=user_id, conversation_id=conversation_id).exclude(sender_id=user_id)
    if not others.filter(seq=seq).exists():
        raise NotFound
    report, _is_new = MessageReport.objects.get_or_create(
        conversation_id=conversation_id,
        seq=seq,
        reporter_id=user_id,
        defaults={"reason": reason, "comment": comment},
    )
    return report


@requires_transaction
def decide_report(
    *, actor_id: uuid.UUID, report_id: uuid.UUID, is_upheld: bool, closes: bool = False, now: datetime
) -> None:
    """Decide once, of all who have reported the message; `closes` lets nobody write in the conversation any more.

    Raises:
        NotFound, ReportDecided
    """
    report = MessageReport.objects.filter(pk=report_id).first()
    if report is None:
        raise NotFound
    status = MessageReport.Status.UPHELD if is_upheld else MessageReport.Status.DISMISSED
    if report.status != MessageReport.Status.OPEN:
        raise ReportDecided
    of_the_message = MessageReport.objects.filter(conversation_id=report.conversation_id, seq=report.seq)
    decided = of_the_message.filter(status=MessageReport.Status.OPEN).update(
        status=status, decided_by_id=actor_id, decided_at=now
    )
    if not decided:
        raise ReportDecided
    if is_upheld and closes:
        OrmRooms().write(report.conversation_id, closed_at=now)
    record_entry(
        actor_id=actor_id,
        action="messaging.decide_report",
        target_type="messaging.messagereport",
        target_id=str(report_id),
        changes={"status": ["open", str(status)], "closes": [False, closes]},
    )


@requires_transaction
def read_reported(*, actor_id: uuid.UUID, report_id: uuid.UUID, reason: str) -> list[Message]:
    """Return the reported message and those around it; that a moderator has read them is written down.

    Raises:
        NotFound
    """
    report = MessageReport.objects.filter(pk=report_id).first()
    if report is None:
        raise NotFound
    around = Message.objects.filter(
        conversation_id=report.conversation_id, seq__gt=report.seq - AROUND, seq__lt=report.seq + AROUND
    )
    record_entry(
        actor_id=actor_id,
        action="messaging.read_reported",
        target_type="messaging.messagereport",
        target_id=str(report_id),
        changes={},
        reason=reason,
    )
    return list(around.order_by("seq"))


@requires_transaction
def reopen_conversation(*, actor_id: uuid.UUID, conversation_id: uuid.UUID) -> None:
    """Let members write again in what a moderator has closed."""
    if not Conversation.objects.filter(pk=conversation_id, closed_at__isnull=False).exists():
        raise NotFound
    OrmRooms().write(conversation_id, closed_at=None)
    record_entry(
        actor_id=actor_id,
        action="messaging.reopen_conversation",
        target_type="messaging.conversation",
        target_id=str(conversation_id),
        changes={"closed": [True, False]},
    )
