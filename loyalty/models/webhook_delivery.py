"""A webhook as it came: raw bytes, and how far its processing has got."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from django.db import models
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from common.ids import new_id
from common.statements import insert_all_columns, prepared_cursor
from loyalty.models.copying import as_text
from loyalty.models.project import Project

# Found by their keys: a condition on the status alone would lead through the index of what is due, in which every webhook
# of the last minutes has left its traces.
CLAIM_SQL = """
    UPDATE loyalty_webhookdelivery AS delivery
    SET status = 'processing', attempts = delivery.attempts + 1, lease_expires_at = %s
    FROM unnest(%b::uuid[], %b::text[], %b::int4[]) AS seen (id, status, attempts)
    WHERE delivery.id = seen.id AND delivery.status = seen.status AND delivery.attempts = seen.attempts
    RETURNING delivery.id
"""
FINISH_SQL = """
    UPDATE loyalty_webhookdelivery AS delivery
    SET status = done.status, result = done.result::jsonb, finished_at = %s, lease_expires_at = NULL, last_error = ''
    FROM unnest(%b::uuid[], %b::text[], %b::text[]) AS done (id, status, result)
    WHERE delivery.id = done.id
"""


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def due(self, now: datetime) -> "WebhookDeliveryQuerySet":
        """Those that wait for their time, and those whose worker has gone silent."""
        status = WebhookDelivery.Status
        waiting = models.Q(status=status.RECEIVED, next_attempt_at__lte=now)
        abandoned = models.Q(status=status.PROCESSING, lease_expires_at__lte=now)
        return self.filter(waiting | abandoned)

    def failed(self) -> "WebhookDeliveryQuerySet":
        """Given up or in conflict: what a worker can try again without giving anybody points twice."""
        status = WebhookDelivery.Status
        return self.filter(status__in=[status.DEAD, status.CONFLICT]).exclude(_sent_anew())

    def held_as_known(self) -> "WebhookDeliveryQuerySet":
        """Brought nothing because the same came otherwise: to do them all the same may give points a second time."""
        return self.filter(models.Q(status=WebhookDelivery.Status.DUPLICATE) | _sent_anew())

    def locked(self) -> "WebhookDeliveryQuerySet":
        return self.order_by("pk").select_for_update(no_key=True, of=("self",))

    def insert_unless_known(self, delivery: "WebhookDelivery") -> bool:
        """Insert the row, or return False when its webhook id or its claim is taken: one statement, no race."""
        with prepared_cursor() as sql:
            sql.execute(_insert(), _parameters(delivery))
            return bool(sql.rowcount)

    def claim(self, seen: Sequence[tuple[uuid.UUID, str, int]], *, until: datetime) -> set[uuid.UUID]:
        """Lease those that are still as they were seen (id, status, attempts); return their ids."""
        if not seen:
            return set()
        ids, statuses, attempts = (list(column) for column in zip(*seen, strict=True))
        with prepared_cursor() as sql:
            sql.execute(CLAIM_SQL, [until, ids, statuses, attempts])
            return {row[0] for row in sql.fetchall()}

    def finish(self, deliveries: Sequence["WebhookDelivery"], *, now: datetime) -> None:
        """Write the status and the result of each, in one statement."""
        ids = [one.id for one in deliveries]
        statuses = [str(one.status) for one in deliveries]
        results = [msgspec.json.encode(one.result).decode() for one in deliveries]
        with prepared_cursor() as sql:
            sql.execute(FINISH_SQL, [now, ids, statuses, results])


class WebhookDelivery(models.Model):
    """One POST of a shop. Its bytes are never changed; the row carries the work that they mean."""

    class Status(models.TextChoices):
        RECEIVED = "received", _("received")
        PROCESSING = "processing", _("being processed")
        PROCESSED = "processed", _("processed")
        DUPLICATE = "duplicate", _("duplicate")
        CONFLICT = "conflict", _("conflict")
        DEAD = "dead", _("given up")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    body = models.BinaryField()
    # SHA-256 of the body.
    digest = models.BinaryField(max_length=32)
    headers = models.JSONField(default=dict)
    # The scheme of the signature that was found right; '' when there was none.
    signed_with = models.CharField(max_length=12, blank=True)
    format = models.CharField(max_length=16)
    action = models.CharField(max_length=32)
    # The sender's own id of this message (Standard Webhooks); '' when it gave none.
    webhook_id = models.CharField(max_length=255, blank=True)
    # What this delivery is the first to bring: `order:<id>`, or `body:<digest>` when there is no order id.
    claim = models.CharField(max_length=255, null=True, blank=True)
    order_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    order_paid = models.BooleanField(default=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    # The body of the answer that the sender got: the same message gets the same answer again.
    answer = models.JSONField(default=dict)
    # What it came to, per record, ids and numbers only.
    result = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            # The target of references that carry the project.
            models.UniqueConstraint(fields=["project", "id"], name="loyalty_webhook_delivery_of_project"),
            # A sender's message id means one body.
            models.UniqueConstraint(
                fields=["project", "webhook_id"],
                condition=~models.Q(webhook_id=""),
                name="loyalty_webhook_delivery_once_per_webhook_id",
            ),
            # An order, or a body without order ids, is first brought by one delivery.
            models.UniqueConstraint(fields=["project", "claim"], name="loyalty_webhook_delivery_claim_once"),
            # A finished delivery says when; an unfinished one doesn't.
            models.CheckConstraint(
                condition=models.Q(status__in=["received", "processing"], finished_at__isnull=True)
                | models.Q(status__in=["processed", "duplicate", "conflict", "dead"], finished_at__isnull=False),
                name="loyalty_webhook_delivery_finished_when_done",
            ),
            # Who is being processed has a lease, and nobody else.
            models.CheckConstraint(
                condition=models.Q(status="processing", lease_expires_at__isnull=False)
                | (~models.Q(status="processing") & models.Q(lease_expires_at__isnull=True)),
                name="loyalty_webhook_delivery_lease_while_processing",
            ),
        ]
        indexes = [
            # claim_deliveries
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status__in=["received", "processing"]),
                name="loyalty_webhook_delivery_due",
            ),
            # list_deliveries
            models.Index(fields=["project", "-received_at", "-id"], name="loyalty_webhook_delivery_log"),
        ]

    def __str__(self) -> str:
        return str(self.id)


def length_of_body() -> models.Func:
    """Tell it without reading the body."""
    return models.Func("body", function="octet_length", output_field=models.IntegerField())


def _sent_anew() -> models.Q:
    """Given up, and the shop has sent the same body again, which was taken as new: it holds the claim on these bytes."""
    digest = models.Func(
        models.OuterRef("digest"), models.Value("hex"), function="encode", output_field=models.TextField()
    )
    claim = Concat(models.Value("body:"), digest, output_field=models.TextField())
    holder = WebhookDelivery.objects.filter(project=models.OuterRef("project"), claim=claim)
    return models.Q(models.Exists(holder), status=WebhookDelivery.Status.DEAD, claim__isnull=True)


@cache
def _insert() -> str:
    columns = insert_all_columns(WebhookDelivery)
    return f"INSERT INTO {WebhookDelivery._meta.db_table} {columns} ON CONFLICT DO NOTHING"


@cache
def _names() -> tuple[str, ...]:
    return tuple(field.attname for field in WebhookDelivery._meta.local_concrete_fields)


def _parameters(delivery: WebhookDelivery) -> list[Any]:
    """Return the row as psycopg takes it: JSON as text, and the status too, as it would send an enum's name."""
    row = delivery.__dict__
    texts = {
        "headers": as_text(row["headers"]),
        "answer": as_text(row["answer"]),
        "result": as_text(row["result"]),
        "status": str(row["status"]),
    }
    return [texts[name] if name in texts else row[name] for name in _names()]
