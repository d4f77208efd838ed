"""Write a mail down, to be sent by accounts' own job: never in the request, never through facts (it may hold a secret)."""

from accounts.models import AccountMail
from bus.wakeup import queue_after_commit
from common.transactions import requires_transaction

SEND_TASK = "accounts.send_mail"


@requires_transaction
def queue_mail(*, recipient: str, subject: str, text: str) -> AccountMail:
    """Write the row; a worker is woken by the commit, and a lost wake-up heals by the sweep."""
    mail = AccountMail.objects.create(recipient=recipient, subject=subject[:200], text=text)
    queue_after_commit(SEND_TASK, [str(mail.id)], queue="critical")
    return mail
