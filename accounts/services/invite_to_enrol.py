"""Let a member of staff set up their first second factor: through a link mailed to them.

A stolen password alone must not be enough to put the thief's own phone on a staff account.
"""

from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.selectors import get_user
from accounts.services.queue_mail import queue_mail
from common.problems import Problem
from common.transactions import requires_transaction

LIFETIME_SECONDS = 60 * 60
_signer = TimestampSigner(salt="accounts.enrolment")


class EnrolmentLinkInvalid(Problem):
    """The link is too old, was changed, or belongs to another account."""

    code = "enrolment_link_invalid"
    status = 403
    title = "This link is not valid any more. Ask for a new one."


@requires_transaction
def invite_to_enrol(*, user_id: UUID) -> None:
    """Mail the link to the user's address."""
    user = get_user(user_id=user_id)
    link = settings.PUBLIC_URL + reverse("accounts_enrolment_link", args=[_signer.sign(str(user_id))])
    with override(user.locale):
        queue_mail(
            recipient=user.email,
            subject=_("Set up your second factor"),
            text=_(
                "Your account works for Aquastream, and staff sign in with a second factor. Open this link in the "
                "browser where you are signed in to set it up; it is good for one hour:"
            )
            + f"\n\n{link}\n",
        )


def check_enrolment_link(*, user_id: UUID, signed: str) -> None:
    """Accept a link that was made for this user within the last hour.

    Raises:
        EnrolmentLinkInvalid
    """
    try:
        made_for = _signer.unsign(signed, max_age=LIFETIME_SECONDS)
    except BadSignature as error:
        raise EnrolmentLinkInvalid from error
    if made_for != str(user_id):
        raise EnrolmentLinkInvalid
