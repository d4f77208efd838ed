"""What webhooks came to, in the reader's words: the rows themselves keep codes, which programs read."""

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

WORDS = {
    "accrued": _("points given"),
    "pending": _("points wait"),
    "paid": _("payment noted"),
    "duplicate": _("duplicate"),
    "conflict": _("conflict"),
    "returned": _("goods returned"),
    "get_balance": _("balance told"),
    "register_user": _("customer registered"),
    "spend_bonuses": _("paid with points"),
    "connection_check": _("connection check"),
    "no_contact": _("An order without an e-mail or a phone: nobody can be given its points."),
    "unreadable_order": _("An order whose payment can't be read: nobody got its points."),
    "no_order": _("a form without an order"),
}


@register.filter
def outcome(code: str) -> str:
    """Say what a webhook or a record came to; what is no code is said as it stands."""
    return str(WORDS.get(code, code))
