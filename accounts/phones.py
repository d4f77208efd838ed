"""Phones in any usual form, kept as E.164."""

import phonenumbers

# Numbers without a country code are taken for Russian ones.
DEFAULT_REGION = "RU"


class NotAPhone(ValueError):
    """The text is no phone number."""


def to_e164(given: str) -> str:
    """Return the number as +79001234567, or '' for ''.

    Raises:
        NotAPhone
    """
    if not given:
        return ""
    try:
        number = phonenumbers.parse(given, DEFAULT_REGION)
    except phonenumbers.NumberParseException as error:
        raise NotAPhone(given) from error
    if not phonenumbers.is_valid_number(number):
        raise NotAPhone(given)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
