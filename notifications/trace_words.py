"""The trace of a message's decisions in the reader's language and by the reader's clock; it is kept in codes."""

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notifications.models import NotificationJob

RULES = {
    "mailing": _("Mailing"),
    "consent": _("Consent to offers"),
    "preference": _("Wishes of the person"),
    "contact_point": _("The address"),
    "frequency": _("Offers this week"),
    "digest": _("Digest"),
    "quiet_hours": _("Quiet hours"),
    "outcome": _("Outcome"),
}
ANSWERS = {
    "passed": _("no objection"),
    "mailing_cancelled": _("the mailing was ended"),
    "mailing_paused": _("the mailing is held"),
    "no_consent": _("no consent was given"),
    "switched_off_by_recipient": _("switched off by the person"),
    "no_address": _("no address yet, one is waited for"),
    "no_address_in_time": _("no address in time"),
    "not_subscribed": _("the person hasn't linked this channel"),
    "address_refused": _("the address was refused before"),
    "suppressed_address": _("the address is on the suppression list"),
    "frequency_cap": _("as many as a week may have"),
    "digest_due": _("goes out with the digest"),
    "in_digest": _("is part of a digest"),
    "taken": _("has taken it"),
    "down": _("doesn't work"),
    "breaker_open": _("not asked: it didn't work a moment ago"),
    "rate_limit": _("its limit is reached"),
    "too_many": _("wants to be asked later"),
    "receiver_silent": _("not asked: the receiver is silent"),
    "receiver_busy": _("not asked: the receiver is busy"),
    "batch_has_waited": _("the others of the batch have waited long enough"),
}
REFUSED = "refused: "


def trace_line(decision: Mapping[str, str]) -> str:
    """Return a line: when, who was asked, what came of it."""
    return f"{_time(decision['at'])}  {_asked(decision['rule'])}: {_answer(decision['rule'], decision['answer'])}"


def _time(at: str) -> str:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return at
    return date_format(timezone.localtime(moment), "d.m.Y H:i:s") if timezone.is_aware(moment) else at


def _asked(rule: str) -> str:
    kind, _space, name = rule.partition(" ")
    return gettext("Provider %s") % name if kind == "provider" else str(RULES.get(rule, rule))


def _answer(rule: str, answer: str) -> str:
    if rule == "outcome":
        return _status(answer)
    if answer.startswith(REFUSED):
        return gettext("has refused it: %s") % answer.removeprefix(REFUSED)
    if answer == rule:
        return gettext("put off")
    return str(ANSWERS.get(answer, answer))


def _status(status: str) -> str:
    known = dict(NotificationJob._meta.get_field("status").flatchoices)
    return str(known.get(status, status))
