"""Look through an event's words when it is published or changed; what is found waits for an administrator."""

from datetime import datetime

from common.transactions import requires_transaction
from events.content_rules import CHECKED, STOP_WORDS, findings_in
from events.models import Event, ModerationCase, StopWord


@requires_transaction
def check_content(*, event: Event, now: datetime) -> list[dict[str, str]]:
    """Open a case, or add to the open one; the event itself stays where it is.

    What an administrator has looked at and left is not brought up again.
    """
    stop_words = {*STOP_WORDS, *StopWord.objects.values_list("word", flat=True)}
    texts = {name: _text_of(getattr(event, name)) for name in CHECKED}
    findings = findings_in(texts, stop_words=stop_words)
    if findings and not _is_known(event, findings):
        case = open_case(event=event, now=now)
        ModerationCase.objects.filter(id=case.id).update(findings=findings)
    return findings


@requires_transaction
def open_case(*, event: Event, now: datetime) -> ModerationCase:
    """Return the event's open case; the constraint lets only one of two writers open it."""
    case, _ = ModerationCase.objects.get_or_create(
        event=event, status=ModerationCase.Status.OPEN, defaults={"opened_at": now}
    )
    return case


def _is_known(event: Event, findings: list[dict[str, str]]) -> bool:
    left = ModerationCase.objects.filter(event=event, status=ModerationCase.Status.DISMISSED)
    seen = [finding for case in left.values_list("findings", flat=True) for finding in case]
    return all(finding in seen for finding in findings)


def _text_of(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)
