"""Find the customers of a project by e-mail or phone, and make those that are new.

The e-mail decides; the phone is asked when the e-mail is unknown. A contact whose e-mail and phone belong to two
customers goes to the one with the e-mail, and both stand in the merge queue until people decide. What a known customer
lacks is filled in; who was merged into another is that other. An invitation counts for customers who are new.
"""

import secrets
import uuid
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
import structlog

from common.problems import Problem
from common.transactions import requires_transaction
from loyalty.formats.understood import Contact
from loyalty.models import Customer, MergeCandidate, Project
from loyalty.models.copying import copy_instances, new_row

log = structlog.get_logger(__name__)

# A contact or a code, and the project in which it means somebody.
Place = tuple[uuid.UUID, str]
# Without letters and digits that are mistaken for each other.
REFERRAL_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
REFERRAL_CODE_LENGTH = 10


class CustomerNotFound(Problem):
    """The project has no customer with this e-mail or phone."""

    code = "customer_not_found"
    status = 404
    title = "The project has no such customer."


class Person(msgspec.Struct, frozen=True, kw_only=True):
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


def find_customers(*, project: Project, contacts: Sequence[Contact]) -> list[Customer | None]:
    """Return the customer whom each contact means, or None; as `find_or_create_customers`, but nobody is made."""
    register = _Register({})
    register.learn(Customer.objects.known_as("email", [(project.id, one.email) for one in contacts if one.email]))
    register.learn(Customer.objects.known_as("phone", [(project.id, one.phone) for one in contacts if one.phone]))
    return [
        register.by_email.get((project.id, one.email)) or register.by_phone.get((project.id, one.phone))
        for one in contacts
    ]


@requires_transaction
def find_or_create_customers(*, project: Project, people: Sequence[Person]) -> list[Customer]:
    """Return one customer per person, in the same order. The caller has locked the project."""
    return find_or_create_everywhere([(project, person) for person in people])


@requires_transaction
def find_or_create_everywhere(asked: Sequence[tuple[Project, Person]]) -> list[Customer]:
    """Do the same for people of several projects, in as many statements as for one."""
    emails = {(project.id, one.contact.email) for project, one in asked if one.contact.email}
    phones = {(project.id, one.contact.phone) for project, one in asked if one.contact.phone}
    register = _Register(_inviters(asked))
    register.learn(Customer.objects.known_as("email", emails))
    register.learn(Customer.objects.known_as("phone", phones))
    customers = [register.customer_of(project, person) for project, person in asked]
    register.write()
    return customers


def _inviters(asked: Sequence[tuple[Project, Person]]) -> dict[Place, Customer]:
    codes = {(project.id, one.referral_code.upper()) for project, one in asked if one.referral_code}
    if not codes:
        return {}
    found = Customer.objects.filter(
        project__in={project_id for project_id, _ in codes}, referral_code__in={code for _, code in codes}
    ).select_related("merged_into")
    return {(one.project_id, one.referral_code): one.merged_into or one for one in found}


def new_referral_code() -> str:
    """Return a code that nobody guesses, from one number: asking the system for each letter takes longer than the row."""
    number = secrets.randbelow(len(REFERRAL_ALPHABET) ** REFERRAL_CODE_LENGTH)
    letters = []
    for _ in range(REFERRAL_CODE_LENGTH):
        number, letter = divmod(number, len(REFERRAL_ALPHABET))
        letters.append(REFERRAL_ALPHABET[letter])
    return "".join(letters)


class _Register:
    """The customers that a batch speaks of, known and new."""

    def __init__(self, inviters: dict[Place, Customer]) -> None:
        self.inviters = inviters
        self.by_id: dict[uuid.UUID, Customer] = {}
        self.by_email: dict[Place, Customer] = {}
        self.by_phone: dict[Place, Customer] = {}
        self.ambiguous: set[tuple[uuid.UUID, uuid.UUID, uuid.UUID]] = set()
        self.new: list[Customer] = []
        self.changed: dict[uuid.UUID, Customer] = {}

    def learn(self, found: Iterable[Customer]) -> None:
        """Remember known customers: one object for each, however it was found."""
        for row in found:
            target = (row.merged_into if row.merged_into_id else None) or row
            customer = self.by_id.setdefault(target.id, target)
            for contact, register in ((row.email, self.by_email), (row.phone, self.by_phone)):
                if contact:
                    register[row.project_id, contact] = customer

    def customer_of(self, project: Project, person: Person) -> Customer:
        email, phone = (project.id, person.contact.email), (project.id, person.contact.phone)
        by_email, by_phone = self.by_email.get(email), self.by_phone.get(phone)
        if by_email and by_phone and by_email is not by_phone:
            self.ambiguous.add((project.id, by_email.id, by_phone.id))
        found = by_email or by_phone
        if found is None:
            code = person.referral_code
            inviter = self.inviters.get((project.id, code.upper())) if code else None
            found = new_row(
                Customer,
                project_id=project.id,
                referral_code=new_referral_code(),
                referred_by_id=inviter.id if inviter else None,
            )
            self.new.append(found)
        self._complete(found, person)
        return found

    def _complete(self, customer: Customer, person: Person) -> None:
        email, phone = person.contact.email, person.contact.phone
        before = (customer.email, customer.phone, customer.name, customer.birth_on)
        if email and not customer.email:
            customer.email = email
            self.by_email[customer.project_id, email] = customer
        if phone and not customer.phone and (customer.project_id, phone) not in self.by_phone:
            customer.phone = phone
            self.by_phone[customer.project_id, phone] = customer
        customer.name = customer.name or person.name
        customer.birth_on = customer.birth_on or person.birth_on
        if before != (customer.email, customer.phone, customer.name, customer.birth_on):
            self.changed[customer.id] = customer

    def write(self) -> None:
        copy_instances(Customer, self.new)
        fresh = {one.id for one in self.new}
        changed = [one for key, one in self.changed.items() if key not in fresh]
        if changed:
            Customer.objects.bulk_update(changed, ["email", "phone", "name", "birth_on"])
        if self.ambiguous:
            log.warning("loyalty.customer.ambiguous", pairs=len(self.ambiguous))
            queue = [
                MergeCandidate(project_id=project_id, keeps_id=keeps, gives_id=gives)
                for project_id, keeps, gives in self.ambiguous
            ]
            MergeCandidate.objects.bulk_create(queue, ignore_conflicts=True)
