"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header) for POSTs that take capacity or move money or points.

Success is stored in the transaction of its effect and answered again for 24 hours with `Idempotency-Replayed: true`;
refusals are not stored, so the caller may try again with the same key.
"""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from common.models import IdempotencyRecord
from common.problems import Problem
from common.statements import composed_once, prepared_cursor, run_together
from common.transactions import use_case

VALID_KEY = re.compile(r"[\x21-\x7e]{1,255}")
View = Callable[..., HttpResponse]
CLAIM_SQL = "SELECT pg_try_advisory_xact_lock(%s::bigint)"
STORE_SQL = """
    INSERT INTO common_idempotencyrecord (user_id, key, fingerprint, status, body, created_at)
    VALUES (%s, %s, %s, %s, %s, %s)
"""


class IdempotencyKeyRequired(Problem):
    """The operation must not happen twice, and the request has no key that would prevent it."""

    code = "idempotency_key_required"
    status = 400
    title = "Send an Idempotency-Key header: up to 255 visible ASCII characters, new for each new operation."


class IdempotencyKeyInvalid(Problem):
    """The request has a key, and it isn't one."""

    code = "idempotency_key_invalid"
    status = 400
    title = "An Idempotency-Key has up to 255 visible ASCII characters, without spaces."


class IdempotencyKeyReused(Problem):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    status = 422
    title = "This Idempotency-Key belongs to another request."


class RequestInProgress(Problem):
    """The first request with this key is still running."""

    code = "request_in_progress"
    status = 409
    title = "The first request with this Idempotency-Key is still running."


def idempotent(view: View) -> View:
    """Run a view's POST as one use case that happens once per user and Idempotency-Key.

    Raises:
        IdempotencyKeyRequired, IdempotencyKeyInvalid, IdempotencyKeyReused, RequestInProgress
    """

    @wraps(view)
    def once(self: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key = idempotency_key(request)
        fingerprint = fingerprint_of(request)
        with use_case():
            stored = stored_answer(user_id=request.user.pk, key=key, fingerprint=fingerprint)
            if stored is not None:
                return replay(stored)
            response = view(self, request, *args, **kwargs)
            store_answer(user_id=request.user.pk, key=key, fingerprint=fingerprint, response=response)
            return response

    return once


def idempotent_if_keyed(view: View) -> View:
    """Do the same for a POST that may be sent without a key; then it is one use case, as often as it is sent.

    Raises:
        IdempotencyKeyInvalid, IdempotencyKeyReused, RequestInProgress: with a key only
    """
    keyed = idempotent(view)

    @wraps(view)
    def once(self: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if key_if_given(request) is not None:
            return keyed(self, request, *args, **kwargs)
        with use_case():
            return view(self, request, *args, **kwargs)

    return once


def idempotent_in_steps(view: View) -> View:
    """Do the same for a POST that opens its own transactions around a call to another system.

    The view itself must find its committed intent again when it is repeated before the answer is stored.

    Raises:
        IdempotencyKeyRequired, IdempotencyKeyInvalid, IdempotencyKeyReused, RequestInProgress
    """

    @wraps(view)
    def once(self: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        user_id, key, fingerprint = request.user.pk, idempotency_key(request), fingerprint_of(request)
        with use_case():
            stored = stored_answer(user_id=user_id, key=key, fingerprint=fingerprint)
        if stored is not None:
            return replay(stored)
        response = view(self, request, *args, **kwargs)
        with use_case():
            stored = stored_answer(user_id=user_id, key=key, fingerprint=fingerprint)
            if stored is not None:
                return replay(stored)
            store_answer(user_id=user_id, key=key, fingerprint=fingerprint, response=response)
        return response

    return once


def idempotency_key(request: Request) -> str:
    """Return the key of the request.

    Raises:
        IdempotencyKeyRequired: it is missing or empty.
        IdempotencyKeyInvalid: it is malformed.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise IdempotencyKeyRequired
    if not VALID_KEY.fullmatch(key):
        raise IdempotencyKeyInvalid
    return key


def key_if_given(request: Request) -> str | None:
    """Return the key of a request that needs none.

    Raises:
        IdempotencyKeyRequired: it is empty.
        IdempotencyKeyInvalid: it is malformed.
    """
    return idempotency_key(request) if "Idempotency-Key" in request.headers else None


def fingerprint_of(request: Request) -> bytes:
    """Return the SHA-256 over method, path and body: what makes two requests the same."""
    whole = b"\0".join([str(request.method).encode(), request.get_full_path().encode(), request.body])
    return hashlib.sha256(whole).digest()


def stored_answer(*, user_id: Any, key: str, fingerprint: bytes) -> IdempotencyRecord | None:
    """Claim the key until the transaction ends; return the answer that an earlier request has stored.

    Raises:
        RequestInProgress: another transaction holds the key.
        IdempotencyKeyReused: the stored answer belongs to another request.
    """
    lock = int.from_bytes(hashlib.sha256(f"{user_id}/{key}".encode()).digest()[:8], signed=True)
    wanted = {"user_id": user_id, "key": key}
    # Two statements, each with a snapshot of its own (READ COMMITTED). As parts of one they would share a snapshot older
    # than the lock, and miss the answer of whoever has just let go of it.
    claim, records = run_together((CLAIM_SQL, [lock]), _records.statement(**wanted))
    if not claim.fetchone()[0]:
        raise RequestInProgress(headers={"Retry-After": "1"})
    record = next(iter(_records.read(records, **wanted)), None)
    if record is not None and bytes(record.fingerprint) != fingerprint:
        raise IdempotencyKeyReused
    return record


@composed_once
def _records(user_id: UUID, key: str) -> QuerySet[IdempotencyRecord]:
    return IdempotencyRecord.objects.filter(user_id=user_id, key=key)


def store_answer(*, user_id: Any, key: str, fingerprint: bytes, response: HttpResponse) -> None:
    """Write the answer beside its effect, and let the response send what was written."""
    body = JSONRenderer().render(getattr(response, "data", None))
    values = [user_id, key, fingerprint, response.status_code, body.decode(), timezone.now()]
    with prepared_cursor() as cursor:
        cursor.execute(STORE_SQL, values)
    if body:
        response.content = body
        response["Content-Type"] = "application/json"


def replay(record: IdempotencyRecord) -> HttpResponse:
    """Give the stored answer again, byte for byte."""
    return HttpResponse(
        record.body,
        status=record.status,
        content_type="application/json",
        headers={"Idempotency-Replayed": "true"},
    )
