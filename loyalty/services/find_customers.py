"""Find the customers of a project by e-mail or phone, and make those that are new.

The e-mail decides; the phone is asked when the e-mail is unknown. A contact whose e-mail and phone belong to two
customers goes to the one with the e-mail, and both stand in the merge queue until people decide. What a known customer
lacks is filled in; who was merged into another is that other. An invitation counts for customers who are new.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import structlog
from django.db.models import Q
from django.utils.crypto import get_random_string

from common.problems import Problem
from common.transactions import requires_transaction
from loyalty.formats.understood import Contact
from loyalty.models import Customer, MergeCandidate, Project

log = structlog.get_logger(__name__)

# Without letters and digits that are mistaken for each other.
REFERRAL_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


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
    referral_code: str = ""


def find_customer(*, project: Project, contact: Contact) -> Customer:
    """Return the customer with the e-mail, else with the phone.

    Raises:
        CustomerNotFound
    """
    customers = Customer.objects.filter(project=project).select_related("merged_into")
    found = customers.filter(email=contact.email).first() if contact.email else None
    if found is None and contact.phone:
        found = customers.filter(phone=contact.phone).first()
    if found is None:
        raise CustomerNotFound
    return found.merged_into or found


@requires_transaction
def find_or_create_customers(*, project: Project, people: Sequence[Person]) -> list[Customer]:
    """Return one customer per person, in the same order. The caller has locked the project."""
    emails = {one.contact.email for one in people} - {""}
    phones = {one.contact.phone for one in people} - {""}
    known = Customer.objects.filter(project=project).select_related("merged_into")
    found = (
        known.filter(Q(email__in=emails) | Q(phone__in=phones))
        if emails and phones
        else known.filter(Q(email__in=emails) if emails else Q(phone__in=phones))
    )
    register = _Register(project, list(found), _inviters(project, people))
    customers = [register.customer_of(person) for person in people]
    register.write()
    return customers


def _inviters(project: Project, people: Sequence[Person]) -> dict[str, Customer]:
    codes = {one.referral_code.upper() for one in people} - {""}
    if not codes:
        return {}
    found = Customer.objects.filter(project=project, referral_code__in=codes).select_related("merged_into")
    return {one.referral_code: one.merged_into or one for one in found}


class _Register:
    """The customers that a batch speaks of, known and new."""

    def __init__(self, project: Project, known: list[Customer], inviters: dict[str, Customer]) -> None:
        self.project = project
        self.inviters = inviters
        self.by_email = {one.email: one.merged_into or one for one in known if one.email}
        self.by_phone = {one.phone: one.merged_into or one for one in known if one.phone}
        self.ambiguous: set[tuple[uuid.UUID, uuid.UUID]] = set()
        self.new: list[Customer] = []
        self.changed: dict[object, Customer] = {}

    def customer_of(self, person: Person) -> Customer:
        email, phone = person.contact.email, person.contact.phone
        by_email, by_phone = self.by_email.get(email), self.by_phone.get(phone)
        if by_email and by_phone and by_email is not by_phone:
            self.ambiguous.add((by_email.id, by_phone.id))
        found = by_email or by_phone
        if found is None:
            inviter = self.inviters.get(person.referral_code.upper()) if person.referral_code else None
            code = get_random_string(10, REFERRAL_ALPHABET)
            found = Customer(project=self.project, referral_code=code, referred_by=inviter)
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
        if self.ambiguous:
            log.warning("loyalty.customer.ambiguous", pairs=len(self.ambiguous))
            queue = [
                MergeCandidate(project=self.project, keeps_id=keeps, gives_id=gives) for keeps, gives in self.ambiguous
            ]
            MergeCandidate.objects.bulk_create(queue, ignore_conflicts=True)
