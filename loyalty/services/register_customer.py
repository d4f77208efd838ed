"""Make a customer known before the first purchase; a known one is completed, never overwritten."""

from datetime import datetime
from decimal import Decimal

from common.transactions import requires_transaction
from loyalty.formats.understood import Registration
from loyalty.models import Customer, Project
from loyalty.services.find_customers import CustomerNotFound, Person, find_customer, find_or_create_customers
from loyalty.services.tell_news import News, tell_news


@requires_transaction
def register_customer(*, project: Project, registration: Registration, now: datetime) -> tuple[Customer, bool]:
    """Return the customer, and whether it is new."""
    project = Project.objects.locked().get(id=project.id)
    is_new = not _is_known(project, registration)
    person = Person(
        contact=registration.contact,
        name=registration.name,
        birth_on=registration.birth_on,
        referral_code=registration.referral_code,
    )
    [customer] = find_or_create_customers(project=project, people=[person])
    if is_new:
        news = News(event="customer_registered", customer_id=customer.id, amount=Decimal(0), balance=Decimal(0))
        tell_news(project=project, news=[news], now=now)
    return customer, is_new


def _is_known(project: Project, registration: Registration) -> bool:
    try:
        find_customer(project=project, contact=registration.contact)
    except CustomerNotFound:
        return False
    return True
