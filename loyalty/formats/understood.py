"""What a webhook means, whichever format said it.

What a batch holds by the thousand is a Struct: a frozen dataclass takes ten times as long to make.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from common.problems import Problem

NEEDS_PEOPLE = frozenset({"no_contact", "unreadable_order"})


class UnreadableBody(Problem):
    """The body is neither JSON nor a form."""

    code = "unreadable_body"
    status = 400
    title = "The body is neither well-formed JSON nor a form."


class UnsupportedAction(Problem):
    """The action is not one that this webhook knows."""

    code = "unsupported_action"
    status = 400
    title = "This action is not supported."


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """How a customer is known: at least one of both, normalised."""

    email: str = ""
    phone: str = ""

    def __bool__(self) -> bool:
        return bool(self.email or self.phone)


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """One order. `order_id` is '' when the record came without one."""

    contact: Contact
    amount: Decimal
    delivery_amount: Decimal = Decimal(0)
    order_id: str = ""
    is_paid: bool = True
    name: str = ""
    referral_code: str = ""
    # Description, products, UTM marks and keys that nobody knows.
    details: dict[str, Any] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Spending:
    """Points to take at the till."""

    contact: Contact
    points: Decimal
    order_id: str
    order_amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A customer to make known before the first purchase."""

    contact: Contact
    name: str = ""
    birth_on: date | None = None
    referral_code: str = ""


@dataclass(frozen=True, kw_only=True)
class ReturnedItem:
    """So many pieces of a product of the order, by its article number or name."""

    name: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Return:
    """Goods that came back: an amount of money, or items whose prices the order tells."""

    order_id: str
    refund_id: str
    amount: Decimal | None = None
    items: tuple[ReturnedItem, ...] = ()


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook after parsing: one action and what it carries."""

    format: str
    action: str
    purchases: tuple[Purchase, ...] = ()
    contact: Contact = Contact()
    registration: Registration | None = None
    spending: Spending | None = None
    returned: Return | None = None
    # Why a well-formed message brings no work: a form without an order, say.
    idle_reason: str = ""
    # JSON Pointers to what could not be read, where the sender would not hear of it.
    unread: tuple[str, ...] = ()

    @property
    def needs_people(self) -> bool:
        """Tell whether an order came that nobody gets points for unless somebody looks."""
        return self.idle_reason in NEEDS_PEOPLE
