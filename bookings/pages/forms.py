"""What the pages' forms say."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from bookings.pages.asking import ID
from bookings.services.quote_seats import Wish
from common.problems import FieldProblem, InvalidInput

QUANTITY = re.compile(rf"quantity-(?P<ticket_type>{ID})")
EMAIL = forms.EmailField(max_length=254)
LONGEST_NAME = 120
MOST_POINTS = Decimal(10_000_000)


def wanted_quantities(fields: Any) -> dict[UUID, int]:
    """Read `quantity-<ticket type>` fields; what is empty, zero or no number isn't wanted."""
    wanted = {}
    for name, value in fields.items():
        match = QUANTITY.fullmatch(name)
        if match and value.isascii() and value.isdigit() and int(value[:6]) > 0:
            wanted[UUID(match["ticket_type"])] = int(value[:6])
    return wanted


def wish_of(fields: Any) -> Wish:
    """Read the promo code, the points and the access code of a form; what is no number is no points."""
    try:
        points = Decimal(fields.get("use_points") or 0).quantize(Decimal("0.01"))
    except InvalidOperation:
        points = Decimal(0)
    if not points.is_finite() or not 0 <= points <= MOST_POINTS:
        points = Decimal(0)
    return Wish(
        promo_code=_word(fields, "promo_code").strip(),
        points=points,
        access_code=_word(fields, "access_code"),
    )


def holder_name_of(fields: Any) -> str:
    """Read the name on a ticket; PostgreSQL keeps no zero characters."""
    return " ".join(str(fields.get("holder_name", "")).replace("\0", "").split())[:LONGEST_NAME]


def email_of(fields: Any) -> str:
    """Read the address of a form.

    Raises:
        InvalidInput: it is none.
    """
    try:
        return str(EMAIL.clean(fields.get("email", "")))
    except ValidationError as error:
        raise InvalidInput(errors=(FieldProblem("/email", "invalid", error.messages[0]),)) from error


def _word(fields: Any, name: str) -> str:
    """Return the beginning of a field's text; PostgreSQL looks for no zero characters."""
    return str(fields.get(name, "")).replace("\0", "")[:40]
