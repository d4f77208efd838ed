"""Take what another service tells about a person (ADR 32).

What somebody with an account here says of themselves, no service may say for them: it would have their mail. Anybody else
is kept by the first service that tells about them. An id that is known from events only is left to a service that may
speak for all the sources that have named it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from common.problems import FieldProblem, Problem
from common.transactions import requires_transaction
from notifications.models import NotificationJob, Recipient
from notifications.selectors.people import has_account
from notifications.services.know_recipient import know_recipient
from notifications.services.save_recipient import RecipientDetails, save_recipient, write_details

OF_THE_ACCOUNT = frozenset(
    {"email", "email_verified_at", "display_name", "locale", "time_zone", "birth_on", "registered_at"}
) | {"marketing_consent"}


class RecipientHasAccount(Problem):
    """Accounts here tell these things themselves."""

    code = "recipient_has_account"
    title = "This person has an account here and says this themselves."


class RecipientOfAnotherService(Problem):
    """Another service has told about this person, or sent an event about them."""

    code = "recipient_of_another_service"
    status = 403
    title = "This person is told of by another service."


@requires_transaction
def tell_about_recipient(
    *, service_id: UUID, sources: Collection[str], user_id: UUID, told: Mapping[str, Any], now: datetime
) -> Recipient:
    """Keep what is told by its names in `RecipientDetails`; None forgets. The service may speak for the sources.

    Raises:
        RecipientHasAccount, RecipientOfAnotherService
    """
    Recipient.objects.get_or_create(kind=Recipient.Kind.USER, external_id=user_id, defaults={"told_by_id": service_id})
    recipient = Recipient.objects.known_as(user_id).locked().get()
    # Asked with the row in hand: an account that is made meanwhile either is seen here, or finds what was told and
    # forgets it.
    if has_account(user_id=user_id):
        _leave_to_account(told)
        know_recipient(user_id=user_id, now=now)
        return save_recipient(user_id=user_id, details=_details(told), now=now)
    _claim(recipient, service_id, sources)
    write_details(recipient=recipient, details=_details(told), now=now)
    return recipient


def _details(told: Mapping[str, Any]) -> RecipientDetails:
    return RecipientDetails(
        **{name: value for name, value in told.items() if value is not None},
        forgotten=frozenset(name for name, value in told.items() if value is None),
    )


def _leave_to_account(told: Mapping[str, Any]) -> None:
    claimed = sorted(OF_THE_ACCOUNT & told.keys())
    if claimed:
        detail = gettext("The account says this.")
        raise RecipientHasAccount(errors=tuple(FieldProblem(f"/{name}", "of_the_account", detail) for name in claimed))


def _claim(recipient: Recipient, service_id: UUID, sources: Collection[str]) -> None:
    if recipient.told_by_id is None and not _have_others_named(recipient, sources):
        Recipient.objects.filter(id=recipient.id).update(told_by_id=service_id)
        recipient.told_by_id = service_id
    if recipient.told_by_id != service_id:
        raise RecipientOfAnotherService()


def _have_others_named(recipient: Recipient, sources: Collection[str]) -> bool:
    named = NotificationJob.objects.filter(recipient=recipient, event__plan__to__type="user")
    return named.exclude(event__source__in=sources).exists()
