"""What allauth leaves to the project: one transaction per step, our user, our mail job, our second factor."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, override

from accounts.models import User
from accounts.selectors import get_email
from accounts.services.change_password import change_password
from accounts.services.queue_mail import queue_mail
from accounts.services.verify_email import verify_email
from common.callers import caller_address
from common.problems import Problem
from common.transactions import use_case, violations

# A request through a Unix socket has no address, and allauth wants one: the dummy address of IPv4 (RFC 7600).
UNKNOWN_ADDRESS = "192.0.0.8"


class EmailTaken(Problem):
    """Two sign-ups with one address arrived together."""

    code = "email_taken"
    status = 409
    title = "This address has just been used to sign up."


class AccountAdapter(DefaultAccountAdapter):
    """allauth's rules with our user model."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that limits and the list of sessions know, the same as everywhere in the product."""
        return caller_address(request) or UNKNOWN_ADDRESS

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # noqa: FBT001, FBT002
        """Write a new user, in the language they signed up in."""
        language = get_language()
        user.locale = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with use_case(), violations({"accounts_user_email_unique": EmailTaken}):
            saved: User = super().save_user(request, user, form, commit)
        return saved

    def set_password(self, user: User, password: str) -> None:
        """Set it in the session that asks, which goes on: allauth renews it afterwards."""
        session = getattr(self.request, "session", None)
        with use_case():
            change_password(user=user, password=password, except_key=(session and session.session_key) or "")

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Mark the address as proved, and state what that means, in one transaction."""
        with use_case():
            previous_email = get_email(user_id=email_address.user_id)
            confirmed: bool = super().confirm_email(request, email_address)
            if confirmed:
                verify_email(user_id=email_address.user_id, previous_email=previous_email, now=timezone.now())
        return confirmed

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail down; accounts' own job sends it."""
        user = context.get("user")
        language = user.locale if isinstance(user, User) else get_language() or settings.LANGUAGE_CODE
        with override(language):
            mail = self.render_mail(template_prefix, email, context)
        with use_case():
            queue_mail(recipient=email, subject=str(mail.subject), text=str(mail.body))

    def format_email_subject(self, subject: str) -> str:
        """Keep subjects as they are written."""
        return subject

    def get_login_stages(self) -> list[str]:
        """Ask for the second factor after everything else, just before the session is given."""
        return [*super().get_login_stages(), "accounts.sign_in_stage.SecondFactorStage"]
