"""Erase a person: what says who they are goes, in all apps at once; what was bought, paid and decided stays, with ids only.

Everything is one transaction: either nothing is left of the person, or nothing has happened and they are told why.
The row of the user stays, blank, since ledgers and the audit log refer to it; the address is free for a new account.
"""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.domain_events import UserErased
from accounts.models import AccessToken, AccountMail, Authenticator, Organizer, OrganizerMember, PersonExport, User
from accounts.ports import personal_records
from accounts.selectors import get_user
from accounts.services.end_sessions import end_sessions
from accounts.services.queue_mail import queue_mail
from audit.services.record_entry import record_entry
from bus.services.record_fact import record_fact
from common.problems import Problem
from common.transactions import requires_transaction


class StaffAccount(Problem):
    """Who administers the platform doesn't vanish from it unseen."""

    code = "staff_account"
    title = "Another administrator has to take your access away first."


class OnlyOwner(Problem):
    """Nobody else would look after these organizers: `organizers` names them."""

    code = "only_owner"
    title = "You are the only owner of an organizer. Make somebody else its owner first."


@requires_transaction
def erase_account(*, user_id: UUID, now: datetime) -> None:
    """Erase the person for good.

    Raises:
        NotFound, StaffAccount, OnlyOwner
        Problem: what an app above wants to be settled first (see ports.PersonalRecords).
    """
    user = get_user(user_id=user_id)
    if user.is_staff:
        raise StaffAccount
    _refuse_only_owner(user_id)
    for records in personal_records():
        records.erase(user_id=user_id, email=user.email, now=now)
    _forget_account(user)
    record_entry(
        actor_id=user_id,
        action="accounts.erase",
        target_type="accounts.user",
        target_id=str(user_id),
        changes={},
    )
    record_fact(UserErased(user_id=user_id))
    with override(user.locale):
        queue_mail(
            recipient=user.email,
            subject=_("Your account is erased"),
            text=_("Your Aquastream account is erased, as was asked for. This is the last mail that you get from it."),
        )
    _blank(user_id, now)


def _refuse_only_owner(user_id: UUID) -> None:
    owners = OrganizerMember.objects.filter(role=OrganizerMember.Role.OWNER)
    others = owners.filter(organizer_id=OuterRef("pk")).exclude(user_id=user_id)
    own = Organizer.objects.filter(id__in=owners.filter(user_id=user_id).values("organizer_id"))
    # Locked: two owners who leave at once would both count on the other.
    locked = list(own.locked().values_list("id", flat=True))
    orphans = Organizer.objects.filter(~Exists(others), id__in=locked).order_by("name", "id")
    ids = [str(one) for one in orphans.values_list("id", flat=True)]
    if ids:
        raise OnlyOwner(organizers=ids)


def _forget_account(user: User) -> None:
    end_sessions(user_id=user.id)
    AccessToken.objects.filter(user_id=user.id).delete()
    Authenticator.objects.filter(user_id=user.id).delete()
    EmailAddress.objects.filter(user_id=user.id).delete()
    OrganizerMember.objects.filter(user_id=user.id).delete()
    PersonExport.objects.of_user(user.id).delete()
    AccountMail.objects.filter(recipient=user.email).delete()


def _blank(user_id: UUID, now: datetime) -> None:
    user = User(id=user_id)
    user.set_unusable_password()
    User.objects.filter(id=user_id).update(
        email=f"{user_id}@erased.invalid",
        email_verified_at=None,
        password=user.password,
        phone="",
        display_name="",
        handle="",
        birth_on=None,
        last_login=None,
        is_active=False,
        erased_at=now,
    )
