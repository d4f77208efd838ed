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
    "refused": _("can't be done"),
    "no_order": _("a form without an order"),
}
WRONG_IN_FILES = {
    "not_text": _("The file is no text. Save it as CSV (UTF-8)."),
    "not_csv": _("The file is no CSV. Save it as CSV (UTF-8)."),
    "no_contact_column": _("The first row names no column of e-mails or phones."),
    "column_twice": _("The first row names a column twice."),
    "too_many_rows": _("The file has more than 50,000 rows: cut it into several."),
    "internal_error": _("It was interrupted by an error of ours. What was brought in before stays."),
    "not_an_email": _("This is not an e-mail address."),
    "not_a_phone": _("This is not a phone number."),
    "contact_required": _("Give an e-mail or a phone."),
    "not_an_amount": _("The points must be a number that is not negative, with two decimals at most."),
    "not_a_date": _("The birthday must be a date: 1990-12-31 or 31.12.1990."),
    "repeated_in_file": _("An earlier row names the same person: that one counts."),
    "points_given_before": _("This customer has had points to begin with before: they were not given again."),
}


@register.filter
def wrong_in_file(code: str) -> str:
    """Say why a file, or a row of it, can't be brought in."""
    return str(WRONG_IN_FILES.get(code, code))


@register.filter
def outcome(code: str) -> str:
    """Say what a webhook or a record came to, and where; what is no code is said as it stands."""
    known, _colon, place = code.partition(": ")
    if known not in WORDS:
        return code
    return f"{WORDS[known]} {place}".rstrip()
