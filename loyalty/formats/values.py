"""Single values as shops write them: amounts, phones, e-mails, texts."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from common.visible_text import HIDDEN

CENT = Decimal("0.01")
# So much that ten thousand of them fit into one customer's account.
LARGEST_AMOUNT = Decimal("9999999999.99")
# Digits, one point; what people put between thousands is removed before.
AMOUNT = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
THOUSANDS = dict.fromkeys(map(ord, " \u00a0\u2009\u202f'"))
# One table, for thousands of texts in a batch.
UNSEEN = HIDDEN | dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127])
YEARS_OF_BIRTH = range(1900, 2100)

# What most addresses look like; the validator, which is asked about all others, takes ten times as long.
PLAIN_EMAIL = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", re.ASCII
)
_valid_email = EmailValidator()


def clean_text(value: Any, *, longest: int) -> str:
    """Return the value as text without control and hidden characters (PostgreSQL stores no NUL), cut to a length."""
    if value is None or isinstance(value, dict | list | bool):
        return ""
    return str(value).translate(UNSEEN).strip()[:longest]


def read_amount(value: Any) -> Decimal | None:
    """Return a number or its text (`5000`, `"485.1"`, `"1 234,50"`) to 0.01 half up; None when it isn't an amount."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    if isinstance(value, Decimal):
        number = value
    else:
        text = str(value)[:64].strip().translate(THOUSANDS).replace(",", ".")
        if not text.isascii() or not AMOUNT.fullmatch(text):
            return None
        number = Decimal(text)
    if not number.is_finite() or (number.is_signed() and number != 0) or number > LARGEST_AMOUNT:
        return None
    try:
        return abs(number).quantize(CENT, rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return None


def read_email(value: Any) -> str:
    """Return the address in lower case, or '' when it isn't one."""
    if not isinstance(value, str):
        return ""
    address = value.strip().lower()
    if len(address) > 254 or "\x00" in address:
        return ""
    if PLAIN_EMAIL.fullmatch(address):
        return address
    try:
        _valid_email(address)
    except ValidationError:
        return ""
    return address


def read_phone(value: Any, *, region: str) -> str:
    """Return the number in E.164 (`8 903 733-54-71` of Russia becomes `+79037335471`), or '' when it isn't one."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    try:
        number = phonenumbers.parse(str(value)[:40], region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def clean_tree(value: Any, *, depth: int = 6) -> Any:
    """Return a JSON value that can be stored: exact numbers as text, no control characters, bounded in depth."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, dict | list) and depth == 0:
        return None
    if isinstance(value, dict):
        return {clean_text(key, longest=200): clean_tree(one, depth=depth - 1) for key, one in value.items()}
    if isinstance(value, list):
        return [clean_tree(one, depth=depth - 1) for one in value]
    return clean_text(value, longest=2000)
