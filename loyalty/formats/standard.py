"""The standard format: `{"action": …, "payload": …}` in JSON or XML, with the names of its contract."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from common.problems import FieldProblem, InvalidInput
from loyalty.formats.protocol import Habits
from loyalty.formats.understood import (
    Contact,
    Purchase,
    Registration,
    Return,
    ReturnedItem,
    Spending,
    Understood,
    UnsupportedAction,
)
from loyalty.formats.values import YEARS_OF_BIRTH, clean_text, clean_tree, read_amount, read_email, read_phone

MOST_PURCHASES = 1000
MOST_PROBLEMS = 100
ORDER_ID_LENGTH = 100
MOST_ITEMS = 1000
KNOWN_KEYS = frozenset({"email", "phone", "amount", "orderId", "status", "referralCode"})


class StandardFormat:
    """Purchases one by one or up to 1,000 at once, returns, registration, balance, spending."""

    name = "standard"

    def recognises(self, body: Any) -> bool:
        return isinstance(body, dict) and "payment" not in body and ("action" in body or "payload" in body)

    def understand(self, body: Any, *, habits: Habits) -> Understood:
        action = body.get("action")
        if not isinstance(action, str):
            raise InvalidInput(errors=(FieldProblem("/action", "required", _("Name the action.")),))
        if action not in ACTIONS:
            raise UnsupportedAction(clean_text(action, longest=64), supported=sorted(ACTIONS))
        payload = Members(body.get("payload"), "/payload", [], habits)
        understood = ACTIONS[action](payload)
        if payload.problems:
            raise InvalidInput(errors=tuple(payload.problems[:MOST_PROBLEMS]))
        return understood


class Members:
    """Reads the members of one JSON object and collects what is wrong with them."""

    def __init__(self, source: Any, pointer: str, problems: list[FieldProblem], habits: Habits) -> None:
        self.pointer = pointer
        self.problems = problems
        self.habits = habits
        self.is_object = isinstance(source, dict)
        self.source: dict[str, Any] = source if isinstance(source, dict) else {}
        if not self.is_object:
            self.refuse("", "not_an_object", _("This must be an object."))

    def refuse(self, key: str, code: str, detail: str) -> None:
        self.problems.append(FieldProblem(f"{self.pointer}/{key}" if key else self.pointer, code, detail))

    def contact(self) -> Contact:
        """Read `email` and `phone`: at least one, and each right if given."""
        email, phone = self.source.get("email"), self.source.get("phone")
        contact = Contact(email=read_email(email), phone=read_phone(phone, region=self.habits.region))
        if email not in (None, "") and not contact.email:
            self.refuse("email", "not_an_email", _("This is not an e-mail address."))
        if phone not in (None, "") and not contact.phone:
            self.refuse("phone", "not_a_phone", _("This is not a phone number."))
        if email in (None, "") and phone in (None, "") and self.is_object:
            self.refuse("", "contact_required", _("Give an e-mail or a phone."))
        return contact

    def amount(self, key: str) -> Decimal:
        """Read a required amount."""
        given = self.source.get(key)
        amount = read_amount(given)
        if amount is None:
            code = "required" if given is None else "not_an_amount"
            self.refuse(key, code, _("This must be an amount: a number that is not negative."))
        return amount or Decimal(0)

    def order_id(self, *, required: bool) -> str:
        """Read `orderId`, or '' where it is missing, null or empty. 0 is an id as any other."""
        given = self.source.get("orderId")
        if given is None or (isinstance(given, str) and not given.strip()):
            if required:
                self.refuse("orderId", "required", _("Name the order."))
            return ""
        return self._identifier("orderId", given)

    def identifier(self, key: str) -> str:
        """Read a required id: a text or a whole number."""
        given = self.source.get(key)
        if given is None:
            self.refuse(key, "required", _("This is required."))
            return ""
        return self._identifier(key, given)

    def _identifier(self, key: str, given: Any) -> str:
        is_text = isinstance(given, str | int) and not isinstance(given, bool)
        text = clean_text(given, longest=ORDER_ID_LENGTH + 1) if is_text else ""
        if not 0 < len(text) <= ORDER_ID_LENGTH or text.startswith("~"):
            self.refuse(key, "not_an_order_id", _("This must be a text of 1 to 100 characters, not beginning with ~."))
        return text

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        given = self.source.get(key)
        if given is None:
            return default
        if given not in choices:
            self.refuse(key, "not_a_choice", _("This must be one of: %s.") % ", ".join(choices))
        return str(given)

    def day(self, key: str) -> date | None:
        given = self.source.get(key)
        if given in (None, ""):
            return None
        with suppress(ValueError):
            day = date.fromisoformat(given if isinstance(given, str) else "")
            if day.year in YEARS_OF_BIRTH:
                return day
        self.refuse(key, "not_a_date", _("This must be a date: YYYY-MM-DD."))
        return None

    def text(self, key: str, *, longest: int) -> str:
        return clean_text(self.source.get(key), longest=longest)


def _purchase(payload: Members) -> Understood:
    return Understood(format="standard", action="purchase", purchases=(_one_purchase(payload),))


def _one_purchase(members: Members) -> Purchase:
    unknown = {key: value for key, value in members.source.items() if key not in KNOWN_KEYS}
    return Purchase(
        contact=members.contact(),
        amount=members.amount("amount"),
        order_id=members.order_id(required=False),
        is_paid=members.choice("status", ("paid", "created"), "paid") == "paid",
        name=members.text("name", longest=160),
        referral_code=members.text("referralCode", longest=16),
        details=clean_tree(unknown) if members.habits.with_details else {},
    )


def _batch(payload: Members) -> Understood:
    given = payload.source.get("purchases")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_PURCHASES:
        payload.refuse("purchases", "not_a_batch", _("This must be a list of 1 to 1,000 purchases."))
        return Understood(format="standard", action="batch_purchase")
    purchases = []
    for index, one in enumerate(given):
        members = Members(one, f"/payload/purchases/{index}", payload.problems, payload.habits)
        purchases.append(_one_purchase(members))
        if len(payload.problems) >= MOST_PROBLEMS:
            break
    return Understood(format="standard", action="batch_purchase", purchases=tuple(purchases))


def _register(payload: Members) -> Understood:
    contact = payload.contact()
    registration = Registration(
        contact=contact,
        name=payload.text("name", longest=160),
        birth_on=payload.day("birthDate"),
        referral_code=payload.text("referralCode", longest=16),
    )
    return Understood(format="standard", action="register_user", contact=contact, registration=registration)


def _balance(payload: Members) -> Understood:
    return Understood(format="standard", action="get_balance", contact=payload.contact())


def _spend(payload: Members) -> Understood:
    contact = payload.contact()
    points = payload.amount("bonuses")
    spending = Spending(
        contact=contact,
        points=points,
        order_id=payload.order_id(required=True),
        order_amount=payload.amount("orderAmount"),
    )
    if points == 0 and not payload.problems:
        payload.refuse("bonuses", "not_positive", _("Take at least 0.01."))
    return Understood(format="standard", action="spend_bonuses", contact=contact, spending=spending)


def _refund(payload: Members) -> Understood:
    items = _returned_items(payload) if "items" in payload.source else ()
    amount = payload.amount("amount") if not items or "amount" in payload.source else None
    if amount == 0 and not payload.problems:
        payload.refuse("amount", "not_positive", _("Return at least 0.01."))
    returned = Return(
        order_id=payload.order_id(required=True),
        refund_id=payload.identifier("refundId"),
        amount=amount,
        items=items,
    )
    return Understood(format="standard", action="refund_purchase", returned=returned)


def _returned_items(payload: Members) -> tuple[ReturnedItem, ...]:
    given = payload.source.get("items")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_ITEMS:
        payload.refuse("items", "not_a_list", _("This must be a list of 1 to 1,000 items."))
        return ()
    items = []
    for index, one in enumerate(given):
        item = Members(one, f"/payload/items/{index}", payload.problems, payload.habits)
        name = item.text("sku", longest=200) or item.text("name", longest=200)
        quantity = read_amount(item.source.get("quantity", 1))
        if not name:
            item.refuse("name", "required", _("Name the product or its sku."))
        if quantity is None or quantity != int(quantity) or not 1 <= quantity <= 1_000_000:
            item.refuse("quantity", "not_a_quantity", _("This must be a whole number above 0."))
        else:
            items.append(ReturnedItem(name=name, quantity=int(quantity)))
    return tuple(items)


ACTIONS: dict[str, Callable[[Members], Understood]] = {
    "purchase": _purchase,
    "batch_purchase": _batch,
    "register_user": _register,
    "get_balance": _balance,
    "spend_bonuses": _spend,
    "refund_purchase": _refund,
}
