"""Reads of the shop's pages: what its people look for and look through."""

import re
import uuid
from datetime import datetime
from urllib.parse import unquote_plus

from django.db.models import BinaryField, F, Func, Q, QuerySet, Value

from common.problems import NotFound
from loyalty.models import (
    Callback,
    Customer,
    LedgerTransaction,
    Order,
    Project,
    ProjectMember,
    WebhookDelivery,
    WebhookSecret,
)
from loyalty.selectors import get_project, list_customers, list_transactions

PAYLOAD_SHOWN = 4000
# Cookies that a shop's page has sent along.
COOKIES_IN_FORM = re.compile(r"(COOKIES=)[^&]*", re.IGNORECASE)
COOKIES_IN_JSON = re.compile(r'("COOKIES"\s*:\s*")(?:[^"\\]|\\.)*', re.IGNORECASE)
BEGINNING = Func("body", Value(1), Value(PAYLOAD_SHOWN), function="substring", output_field=BinaryField())
LONGEST_SEARCH = 200
FEWEST_DIGITS = 4
# Trunk prefix and country code are written in many ways: the last digits tell a number.
DIGITS_COMPARED = 10


def search_customers(*, user_id: uuid.UUID, project_id: uuid.UUID, text: str) -> QuerySet[Customer]:
    """Return customers with their points, the newest first: by the beginning of an e-mail, by digits of a phone, or by name.

    Raises:
        NotFound
    """
    known = list_customers(user_id=user_id, project_id=project_id).filter(merged_into__isnull=True)
    wanted = " ".join(text[:LONGEST_SEARCH].replace("\x00", "").split())
    digits = re.sub(r"\D", "", wanted)[-DIGITS_COMPARED:]
    if wanted and not re.search(r"[^\d\s()+.-]", wanted) and len(digits) >= FEWEST_DIGITS:
        known = known.filter(phone__contains=digits)
    elif wanted:
        known = known.filter(Q(email__startswith=wanted.lower()) | Q(name__icontains=wanted))
    return known.select_related("level").order_by("-id")


def get_customer(*, user_id: uuid.UUID, project_id: uuid.UUID, customer_id: uuid.UUID) -> Customer:
    """Return a customer of a project that the user runs.

    Raises:
        NotFound
    """
    known = list_customers(user_id=user_id, project_id=project_id)
    customer = known.select_related("level", "referred_by", "merged_into").filter(id=customer_id).first()
    if customer is None:
        raise NotFound
    return customer


def list_movements(*, user_id: uuid.UUID, project_id: uuid.UUID, customer_id: uuid.UUID) -> QuerySet[LedgerTransaction]:
    """Return what happened to a customer's points, the latest first.

    Raises:
        NotFound
    """
    found = list_transactions(user_id=user_id, project_id=project_id, customer_id=customer_id)
    return found.order_by("-posted_at", "-id")


def search_deliveries(
    *, user_id: uuid.UUID, project_id: uuid.UUID, status: str = "", order_id: str = ""
) -> QuerySet[WebhookDelivery]:
    """Return webhooks with the beginning of their bodies, the latest first; of an order those that brought it.

    Raises:
        NotFound
    """
    project = get_project(user_id=user_id, project_id=project_id)
    found = WebhookDelivery.objects.filter(project=project)
    if status:
        found = found.filter(status=status)
    if order_id:
        brought = Order.objects.filter(project=project, order_id=order_id).values("delivery_id")
        found = found.filter(Q(claim=f"order:{order_id}") | Q(id__in=brought))
    return found.order_by("-received_at", "-id").defer("body").annotate(beginning=BEGINNING)


def payload_of(*, delivery_id: uuid.UUID) -> str:
    """Return the beginning of a webhook's body as it may be shown."""
    return payload_shown(WebhookDelivery.objects.defer("body").annotate(beginning=BEGINNING).get(id=delivery_id))


def payload_shown(delivery: WebhookDelivery) -> str:
    """Return the beginning of a body that was read with its webhook; somebody's cookies are left out."""
    text = bytes(delivery.beginning).decode("utf-8", "replace")  # type: ignore[attr-defined]
    if "urlencoded" in delivery.headers.get("content-type", ""):
        return unquote_plus(COOKIES_IN_FORM.sub(r"\1…", text), errors="replace")
    return COOKIES_IN_JSON.sub(r"\1…", text)


def list_valid_secrets(*, project: Project, now: datetime) -> QuerySet[WebhookSecret]:
    """Return the secrets that open the project's webhook now, of which only the beginnings are known: the present one first."""
    present_first = F("valid_until").desc(nulls_first=True)
    return WebhookSecret.objects.valid(now).filter(project=project).order_by(present_first)


def find_callback(*, project: Project) -> Callback | None:
    """Return where the shop wants its events, if it has said so; only owners may see its key."""
    return Callback.objects.filter(project=project).first()


def list_members(*, user_id: uuid.UUID, project_id: uuid.UUID) -> QuerySet[ProjectMember]:
    """Return who runs a project that the user runs, the first of them first.

    Raises:
        NotFound
    """
    project = get_project(user_id=user_id, project_id=project_id)
    return ProjectMember.objects.filter(project=project).select_related("user").order_by("created_at", "id")


def get_member(*, user_id: uuid.UUID, project_id: uuid.UUID, member_id: uuid.UUID) -> ProjectMember:
    """Return a member of a project that the user runs.

    Raises:
        NotFound
    """
    member = list_members(user_id=user_id, project_id=project_id).select_related("project").filter(id=member_id).first()
    if member is None:
        raise NotFound
    return member
