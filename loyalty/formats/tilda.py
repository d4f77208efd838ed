"""Tilda's webhook, in every shape that its sites send.

An object or an array of them in JSON, or a form with bracket keys; `payment` as an object or as a JSON string;
products as objects or as lines of text; keys as the shop's owner has named them. Seen in the wild: a Cyrillic С in
`Сity`, `&quot;` in the payment string, and `COOKIES` with the UTM marks. A key that nobody knows is kept, never fatal.
"""

import html
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext as _

from common.problems import FieldProblem, InvalidInput
from loyalty.formats.json_body import read_json
from loyalty.formats.protocol import Habits
from loyalty.formats.understood import Contact, Purchase, Understood, UnreadableBody
from loyalty.formats.values import CENT, clean_text, clean_tree, read_amount, read_email, read_phone

# Cyrillic letters that look like Latin ones, in lower case.
LOOKALIKES = str.maketrans("авекмнорстухі", "abekmhopctyxi")
BETWEEN_WORDS = dict.fromkeys(map(ord, " -_.:*"))
MOST_ORDERS = 1000
MOST_PROBLEMS = 100
NO_FORMAT = "unknown_structure"
NOT_PAID_SYSTEMS = frozenset({"none"})
NO_ORDER = frozenset({"", "0", "-1"})
NO_PAYMENT_YET = frozenset({"0", ""})


def canonical(key: str) -> str:
    """Return a key without case, separators and look-alike letters, for comparing only."""
    return key.casefold().translate(BETWEEN_WORDS).translate(LOOKALIKES)


def _canonical_set(*keys: str) -> frozenset[str]:
    return frozenset(map(canonical, keys))


EMAIL_KEYS = _canonical_set("email", "e-mail", "mail", "ma_email", "почта", "электронная почта", "эл. почта", "имейл")
PHONE_KEYS = _canonical_set("phone", "tel", "telephone", "mobile", "ma_phone", "телефон", "номер телефона", "тел")
NAME_KEYS = _canonical_set("name", "fullname", "ma_name", "имя", "фио", "ваше имя")
REFERRAL_KEYS = _canonical_set("referralCode", "referral", "ref_code", "код приглашения", "реферальный код")
# Not kept beside the order: read into their own places, or somebody's cookies.
SPECIAL_KEYS = EMAIL_KEYS | PHONE_KEYS | NAME_KEYS | _canonical_set("payment", "cookies", "test")


class TildaFormat:
    """One order per object; a form without an order is taken and left alone.

    A site doesn't hear a refusal, and gives up: an order whose payment can't be read is taken too, for people to look at,
    and keeps no other out.
    """

    name = "tilda"

    def recognises(self, body: Any) -> bool:
        objects = body if isinstance(body, list) else [body]
        return bool(objects) and all(isinstance(one, dict) and one for one in objects)

    def understand(self, body: Any, *, habits: Habits) -> Understood:
        objects = body if isinstance(body, list) else [body]
        if len(objects) > MOST_ORDERS:
            raise InvalidInput(errors=(FieldProblem("", "too_many", _("At most 1,000 orders at once.")),))
        if len(objects) == 1 and {key.casefold(): value for key, value in objects[0].items()} == {"test": "test"}:
            return Understood(format=self.name, action="connection_check", idle_reason="connection_check")
        problems: list[FieldProblem] = []
        prefix = "/{}" if isinstance(body, list) else ""
        found = [_order(one, prefix.format(index), problems, habits) for index, one in enumerate(objects)]
        if any(problem.code == NO_FORMAT for problem in problems):
            raise InvalidInput(errors=tuple(problems[:MOST_PROBLEMS]))
        unread = tuple(problem.pointer for problem in problems[:MOST_PROBLEMS])
        orders = tuple(one for one in found if one is not None)
        reachable = tuple(one for one in orders if one.contact)
        idle = "" if reachable else "unreadable_order" if unread else "no_contact" if orders else "no_order"
        return Understood(format=self.name, action="order", purchases=reachable, idle_reason=idle, unread=unread)


def _order(fields: dict[str, Any], pointer: str, problems: list[FieldProblem], habits: Habits) -> Purchase | None:
    """Return the order in one object, or None when it holds none (a contact form, say)."""
    by_key = {canonical(key): value for key, value in reversed(fields.items())}
    given = by_key.get("payment")
    if given in (None, "", {}, []):
        if "payment" not in by_key and not _looks_like_a_form(by_key):
            problems.append(FieldProblem(pointer, NO_FORMAT, _("No known format begins like this.")))
        return None
    payment = _payment(given)
    amount = read_amount(payment.get("amount")) if payment is not None else None
    if payment is None:
        problems.append(FieldProblem(f"{pointer}/payment", "not_an_object", _("This must be an object or its JSON.")))
        return None
    if amount is None:
        detail = _("This must be an amount: a number that is not negative.")
        problems.append(FieldProblem(f"{pointer}/payment/amount", "not_an_amount", detail))
        return None
    delivery = read_amount(payment.get("delivery_price")) or Decimal(0)
    return Purchase(
        contact=_contact(by_key, habits),
        amount=amount,
        delivery_amount=min(delivery, amount),
        order_id=_order_id(payment, by_key),
        is_paid=_is_paid(payment),
        name=clean_text(_first(by_key, _keys("name", NAME_KEYS, habits)), longest=160),
        referral_code=clean_text(_first(by_key, REFERRAL_KEYS), longest=16),
        details=clean_tree(_details(fields, payment, by_key)) if habits.with_details else {},
    )


def _looks_like_a_form(by_key: dict[str, Any]) -> bool:
    known = EMAIL_KEYS | PHONE_KEYS | NAME_KEYS | {"tranid", "formid", "formname"}
    return bool(known & by_key.keys())


def _payment(given: Any) -> dict[str, Any] | None:
    """Return the payment, read from a JSON string if it is one; its keys in lower case."""
    if isinstance(given, str):
        try:
            given = read_json(html.unescape(given) if "&quot;" in given else given)
        except UnreadableBody:
            return None
    if not isinstance(given, dict):
        return None
    return {key.casefold(): value for key, value in given.items()}


def _order_id(payment: dict[str, Any], by_key: dict[str, Any]) -> str:
    for candidate in (payment.get("orderid"), by_key.get("tranid")):
        text = clean_text(candidate, longest=100)
        if text not in NO_ORDER and not text.startswith("~"):
            return text
    return ""


def _is_paid(payment: dict[str, Any]) -> bool:
    """A payment system and its transaction are named, or nothing is said about either."""
    if "sys" in payment and clean_text(payment["sys"], longest=40).casefold() in NOT_PAID_SYSTEMS:
        return False
    return "systranid" not in payment or clean_text(payment["systranid"], longest=80) not in NO_PAYMENT_YET


def _contact(by_key: dict[str, Any], habits: Habits) -> Contact:
    return Contact(
        email=read_email(_first(by_key, _keys("email", EMAIL_KEYS, habits))),
        phone=read_phone(_first(by_key, _keys("phone", PHONE_KEYS, habits)), region=habits.region),
    )


def _keys(what: str, usual: frozenset[str], habits: Habits) -> frozenset[str]:
    """Return the usual keys and the shop's own."""
    own = habits.names.get(what)
    return usual | _canonical_set(*own) if own else usual


def _first(by_key: dict[str, Any], keys: frozenset[str]) -> Any:
    return next((by_key[key] for key in by_key if key in keys and by_key[key] not in (None, "")), "")


def _details(fields: dict[str, Any], payment: dict[str, Any], by_key: dict[str, Any]) -> dict[str, Any]:
    products = payment.get("products") or []
    kept = {key: value for key, value in fields.items() if canonical(key) not in SPECIAL_KEYS}
    return {
        "products": [_product(one) for one in (products if isinstance(products, list) else [products])],
        "utm": _utm(by_key),
        "payment": {key: value for key, value in payment.items() if key != "products"},
        "fields": kept,
    }


def _product(given: Any) -> dict[str, Any]:
    """Return a product; from a line, `Name (sku, option: x)=490` or `Name x 2 ≡ 700`, the parts that it has."""
    if isinstance(given, dict):
        return given
    line = html.unescape(clean_text(given, longest=2000))
    named, sign, price = line.rpartition("≡") if "≡" in line else line.rpartition("=")
    amount = read_amount(price)
    if not sign or amount is None:
        return {"name": line}
    name, _times, count = named.strip().rpartition(" x ")
    quantity = int(count) if _times and count.strip().isdecimal() and len(count) < 7 else 1
    name = name if _times and count.strip().isdecimal() else named.strip()
    product: dict[str, Any] = {"name": name, "quantity": quantity, "amount": str(amount)}
    if sign == "=":
        product["price"] = str((amount / quantity).quantize(CENT)) if quantity else str(amount)
    return product


def _utm(by_key: dict[str, Any]) -> dict[str, str]:
    """Return the UTM marks: from fields of their own, else from TILDAUTM among the cookies."""
    marks = {f"utm_{key.removeprefix('utm')}": value for key, value in by_key.items() if key.startswith("utm")}
    if marks:
        return {key: clean_text(value, longest=200) for key, value in marks.items()}
    cookies = clean_text(by_key.get("cookies"), longest=20_000)
    _before, found, rest = cookies.partition("TILDAUTM=")
    if not found:
        return {}
    # Parts are joined by ||| or, half unescaped, by |||amp; — whose semicolon doesn't end the cookie.
    text = unquote(unquote(rest.replace("|||amp;", "|||").partition(";")[0]))
    pairs = (part.partition("=") for part in text.split("|||"))
    return {name.strip(): value.strip()[:200] for name, sign, value in pairs if sign and name.startswith("utm_")}
