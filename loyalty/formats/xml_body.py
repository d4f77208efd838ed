"""XML bodies: the members of the standard format as elements, `<webhook><action>…</action><payload>…</payload></webhook>`."""

from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from loyalty.formats.understood import UnreadableBody

MOST_ELEMENTS = 50_000
DEEPEST = 8


def read_xml(body: bytes) -> Any:
    """Return the document as JSON would have it: texts, objects and lists.

    An element is a list when its children have one name and are several, or are named as its singular (`purchases`).
    Entities, document types and members said twice are refused.

    Raises:
        UnreadableBody
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnreadableBody(_("Document types and entities are not taken.")) from error
    except (ParseError, ValueError, LookupError) as error:
        raise UnreadableBody(str(error)[:200]) from error
    if sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        raise UnreadableBody
    return _value(root, DEEPEST)


def _value(element: Element, depth: int) -> Any:
    children = list(element)
    if not children:
        return (element.text or "").strip()
    if depth == 0:
        raise UnreadableBody
    names = [_local(child.tag) for child in children]
    values = [_value(child, depth - 1) for child in children]
    if len(set(names)) == 1 and (len(names) > 1 or f"{names[0]}s" == _local(element.tag)):
        return values
    if len(set(names)) < len(names):
        raise UnreadableBody(_("An element has two members of one name."))
    return dict(zip(names, values, strict=True))


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]
