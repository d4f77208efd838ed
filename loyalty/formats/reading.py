"""From bytes to meaning: decode JSON, XML or a form, ask which format it is, let it understand."""

import codecs
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from common.problems import FieldProblem, InvalidInput
from loyalty.formats.form_body import read_form
from loyalty.formats.json_body import read_json
from loyalty.formats.protocol import Format, Habits
from loyalty.formats.standard import StandardFormat
from loyalty.formats.tilda import TildaFormat
from loyalty.formats.understood import Understood
from loyalty.formats.xml_body import read_xml

FORMATS: tuple[Format, ...] = (StandardFormat(), TildaFormat())


def understand(
    *,
    body: bytes,
    content_type: str,
    region: str,
    names: Mapping[str, Sequence[str]] | None = None,
    with_details: bool = True,
) -> Understood:
    """Return what a webhook means; `names` are what the shop calls its fields.

    Without the details of its purchases it takes half as long: they are for who writes them down.

    Raises:
        UnreadableBody: it is neither JSON nor XML nor a form.
        UnsupportedAction: the standard format with an action that it doesn't have.
        InvalidInput: the structure is wrong; `errors` points at what.
    """
    decoded = _decode(body, content_type)
    habits = Habits(region=region, names=_words_in(names) if names else {}, with_details=with_details)
    for one in FORMATS:
        if one.recognises(decoded):
            return one.understand(decoded, habits=habits)
    raise InvalidInput(errors=(FieldProblem("", "unknown_structure", _("No known format begins like this.")),))


def _words_in(names: Any) -> dict[str, list[str]]:
    """Return what of a shop's names can be used: an order is taken in though its shop has written them wrongly."""
    found = names.items() if isinstance(names, Mapping) else ()
    return {what: [one for one in words if isinstance(one, str)] for what, words in found if isinstance(words, list)}


def _decode(body: bytes, content_type: str) -> Any:
    # Some senders begin UTF-8 with a byte order mark.
    text = body.removeprefix(codecs.BOM_UTF8).strip()
    if text[:1] in (b"{", b"[") or "json" in content_type:
        return read_json(text)
    if text[:1] == b"<" or "xml" in content_type:
        return read_xml(text)
    return read_form(text)
