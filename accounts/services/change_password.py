"""Set a new password: whoever knew the old one is out.

Sessions that were begun with the old password end here, and so do tokens: what still uses one (an open chat) is told to
stop, and the owner is told by mail. Django alone would end a session with its next request, and an open chat makes none.
"""

from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import AccessToken, User
from accounts.services.end_sessions import end_sessions
from accounts.services.queue_mail import queue_mail
from audit.services.record_entry import record_entry
from common.transactions import requires_transaction


@requires_transaction
def change_password(*, user: User, password: str, except_key: str = "") -> None:
    """Write the new password's hash, end all tokens and all sessions but the one with that key, tell the owner by mail."""
    user.set_password(password)
    User.objects.filter(id=user.id).update(password=user.password)
    AccessToken.objects.filter(user_id=user.id).delete()
    end_sessions(user_id=user.id, except_key=except_key)
    record_entry(
        actor_id=user.id,
        action="accounts.change_password",
        target_type="accounts.user",
        target_id=str(user.id),
        changes={},
    )
    with override(user.locale):
        queue_mail(
            recipient=user.email,
            subject=_("Your password was changed"),
            text=_(
                "The password of your Aquastream account was changed. You are signed out on other devices, and the "
                "tokens of your programs have ended. If it was not you, reset your password at once."
            ),
        )
