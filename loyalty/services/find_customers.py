"""Find the customers of a project by e-mail or phone, and make those that are new.

The e-mail decides; the phone is asked when the e-mail is unknown. A contact whose e-mail and phone belong to two
customers goes to the one with the e-mail. What a known customer lacks is filled in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import structlog
from django.db.models import Q

from common.problems import Problem
from common.transactions import requires_transaction
from loyalty.formats.understood import Contact
from loyalty.models import Customer, Project

log = structlog.get_logger(__name__)


class CustomerNotFound(Problem):
    """The project has no customer with this e-mail or phone."""

    code = "customer_not_found"
    status = 404
    title = "The project has no such customer."


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who a record speaks of."""

    contact: Contact
    name: str = ""
    birth_on: date | None = None


def find_customer(*, project: Project, contact: Contact) -> Customer:
    """Return the customer with the e-mail, else with the phone.

    Raises:
        CustomerNotFound
    """
    customers = Customer.objects.filter(project=project)
    found = customers.filter(email=contact.email).first() if contact.email else None
    if found is None and contact.phone:
        found = customers.filter(phone=contact.phone).first()
    if found is None:
        raise CustomerNotFound
    return found


@requires_transaction
def find_or_create_customers(*, project: Project, people: Sequence[Person]) -> list[Customer]:
    """Return one customer per person, in the same order. The caller has locked the project."""
    known = Customer.objects.filter(project=project).filter(
        Q(email__in={one.contact.email for one in people} - {""})
        | Q(phone__in={one.contact.phone for one in people} - {""})
    )
    register = _Register(project, list(known))
    customers = [register.customer_of(person) for person in people]
    register.write()
    return customers


class _Register:
    """The customers that a batch speaks of, known and new."""

    def __init__(self, project: Project, known: list[Customer]) -> None:
        self.project = project
        self.by_email = {one.email: one for one in known if one.email}
        self.by_phone = {one.phone: one for one in known if one.phone}
        self.new: list[Customer] = []
        self.changed: dict[object, Customer] = {}

    def customer_of(self, person: Person) -> Customer:
        email, phone = person.contact.email, person.contact.phone
        by_email, by_phone = self.by_email.get(email), self.by_phone.get(phone)
        if by_email and by_phone and by_email is not by_phone:
            log.warning("loyalty.customer.ambiguous", by_email=str(by_email.id), by_phone=str(by_phone.id))
        found = by_email or by_phone
        if found is None:
            found = Customer(project=self.project)
            self.new.append(found)
        self._complete(found, person)
        return found

    def _complete(self, customer: Customer, person: Person) -> None:
        email, phone = person.contact.email, person.contact.phone
        before = (customer.email, customer.phone, customer.name, customer.birth_on)
        if email and not customer.email:
            customer.email = email
            self.by_email[email] = customer
        if phone and not customer.phone and phone not in self.by_phone:
            customer.phone = phone
            self.by_phone[phone] = customer
        customer.name = customer.name or person.name
        customer.birth_on = customer.birth_on or person.birth_on
        if before != (customer.email, customer.phone, customer.name, customer.birth_on):
            self.changed[customer.pk] = customer

    def write(self) -> None:
        Customer.objects.bulk_create(self.new)
        fresh = {one.pk for one in self.new}
        changed = [one for key, one in self.changed.items() if key not in fresh]
        if changed:
            Customer.objects.bulk_update(changed, ["email", "phone", "name", "birth_on"])
