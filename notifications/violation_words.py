"""What msgspec says of a value, in words that are translated; it says everything in English itself."""

import re
from collections.abc import Callable, Sequence

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

KINDS = {
    "str": _("a string"),
    "int": _("a whole number"),
    "float": _("a number"),
    "bool": _("true or false"),
    "null": _("null"),
    "array": _("an array"),
    "object": _("an object"),
    "uuid": _("a UUID"),
    "datetime": _("a date with a time"),
    "date": _("a date"),
}
Words = Callable[[Sequence[str]], str]
# https://jcristharif.com/msgspec/constraints.html
SAYINGS: tuple[tuple[str, Words], ...] = (
    (
        r"Expected `(\w+)`, got `(\w+)`",
        lambda said: (
            gettext("Expected is %(expected)s, given is %(given)s.")
            % {"expected": KINDS.get(said[0], said[0]), "given": KINDS.get(said[1], said[1])}
        ),
    ),
    (r"Object contains unknown field `(.+)`", lambda said: gettext("The member %s is not known here.") % said[0]),
    (r"Invalid UUID", lambda _said: gettext("This is not a UUID.")),
    (r"Invalid RFC3339 encoded datetime", lambda _said: gettext("This is not a date with a time as in RFC 3339.")),
    (r"Invalid RFC3339 encoded date", lambda _said: gettext("This is not a date: YYYY-MM-DD.")),
    (r"Expected `datetime` with a timezone component", lambda _said: gettext("The time zone is missing.")),
    (
        r"Invalid enum value '?(.+?)'?",
        lambda said: gettext("The value %s is not one of those that are known here.") % said[0],
    ),
    (r"Expected `str` of length >= 1", lambda _said: gettext("This must not be empty.")),
    (r"Expected `str` matching regex .+", lambda _said: gettext("This must not be blank.")),
    (r"Expected `str` of length <= (\d+)", lambda said: gettext("At most %s characters.") % said[0]),
    (r"Expected `array` of length >= (\d+)", lambda said: gettext("At least %s items.") % said[0]),
    (r"Expected `array` of length <= (\d+)", lambda said: gettext("At most %s items.") % said[0]),
    (r"Expected `\w+` >= (\S+)", lambda said: gettext("This must be %s or more.") % said[0]),
    (r"Expected `\w+` <= (\S+)", lambda said: gettext("This must be %s or less.") % said[0]),
)


def said_by_msgspec(words: str) -> str:
    """Return the sentence in the reader's language; one that isn't known stays as it is."""
    words = re.sub(r" - at `[^`]*`$", "", words)
    for pattern, sentence in SAYINGS:
        found = re.fullmatch(pattern, words)
        if found:
            return sentence(found.groups())
    return words
