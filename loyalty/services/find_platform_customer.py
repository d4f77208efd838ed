"""The platform's users as customers of its own programme: one each, whatever address they have now."""

import uuid

from django.contrib.auth import get_user_model

from common.transactions import requires_transaction
from loyalty.formats.understood import Contact
from loyalty.models import Customer, Project
from loyalty.services.find_customers import Person, find_or_create_customers


@requires_transaction
def find_platform_customer(*, project: Project, user_id: uuid.UUID) -> Customer:
    """Return the user's customer; one is made, or an unclaimed one of the same address is taken, at the first time."""
    known = Customer.objects.filter(project=project, user_id=user_id).select_related("merged_into").first()
    if known is not None:
        return known.merged_into or known
    user = get_user_model().objects.get(id=user_id)
    # Two first times at once would make two customers.
    Project.objects.locked().get(id=project.id)
    [customer] = find_or_create_customers(project=project, people=[Person(contact=Contact(email=user.email.lower()))])
    claimed = Customer.objects.filter(id=customer.id, user__isnull=True).update(user_id=user_id)
    if not claimed and not Customer.objects.filter(id=customer.id, user_id=user_id).exists():
        # The address belonged to somebody else before: the user begins anew, known by no address.
        return Customer.objects.create(project=project, user_id=user_id, email=f"{user_id}@users.invalid")
    customer.user_id = user_id
    return customer
