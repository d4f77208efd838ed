"""Who sends this webhook: the secret in the address names the shop, a signature proves it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from common.problems import Problem
from common.statements import composed_once
from loyalty.models import Project, SigningKey, WebhookSecret
from loyalty.secrets_of_shops import digests_of
from loyalty.signatures import WrongSignature, checked_scheme

KEPT = timedelta(seconds=5)
MOST_DOORS = 10_000


class UnknownWebhookSecret(Problem):
    """No shop has this secret in its webhook's address."""

    code = "unknown_webhook_secret"
    status = 401
    title = "This webhook address is not known."


class ProjectInactive(Problem):
    """The shop's programme is switched off."""

    code = "project_inactive"
    status = 403
    title = "This project is switched off."


class BadSignature(Problem):
    """The signature is missing though required, malformed, out of time or wrong."""

    code = "bad_signature"
    status = 401
    title = "The signature is missing or wrong."


@dataclass(frozen=True, kw_only=True)
class Door:
    """A shop's project with the keys that its bodies may be signed with."""

    project: Project
    keys: tuple[SigningKey, ...]


class _Doors:
    """Doors of this process, kept for some seconds: what a shop changes counts from then on in every process.

    Only what opens is kept: unknown secrets are asked for each time, so that nobody fills the memory.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[datetime, Door]] = {}

    def get(self, secret: str, now: datetime) -> Door | None:
        until, door = self._kept.get(secret, (now, None))
        return door if until > now else None

    def keep(self, secret: str, door: Door, now: datetime) -> None:
        if len(self._kept) >= MOST_DOORS:
            self._kept.clear()
        self._kept[secret] = (now + KEPT, door)

    def forget(self) -> None:
        self._kept.clear()


doors = _Doors()


def find_door(*, secret: str, now: datetime) -> Door:
    """Return the active project that a webhook secret opens.

    Secrets are compared as keyed hashes through an index, so the time that it takes says nothing about them.

    Raises:
        UnknownWebhookSecret, ProjectInactive
    """
    door = doors.get(secret, now)
    if door is None:
        found = _secrets.prepared(digests=digests_of(secret), now=now)
        if not found:
            raise UnknownWebhookSecret
        project = found[0].project
        door = Door(project=project, keys=tuple(_keys.prepared(project_id=project.id, now=now)))
        if project.is_active:
            doors.keep(secret, door, now)
    if not door.project.is_active:
        raise ProjectInactive
    return door


@composed_once
def _secrets(digests: list[bytes], now: datetime) -> QuerySet[WebhookSecret]:
    return WebhookSecret.objects.valid(now).filter(digest__in=digests).select_related("project")


@composed_once
def _keys(project_id: uuid.UUID, now: datetime) -> QuerySet[SigningKey]:
    return SigningKey.objects.valid(now).filter(project=project_id).order_by("-created_at")


def check_signature(*, door: Door, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the scheme of the right signature, or '' when there is none and none is needed.

    Raises:
        BadSignature
    """
    mode = door.project.signature_mode
    if mode == Project.SignatureMode.OFF:
        return ""
    is_signed = "webhook-signature" in headers or "x-signature" in headers
    if not is_signed:
        if mode == Project.SignatureMode.REQUIRED:
            raise BadSignature("This project requires a signature.")
        return ""
    keys = [one.key for one in door.keys if one.valid_until is None or one.valid_until > now]
    try:
        return checked_scheme(headers=headers, body=body, keys=keys, now_seconds=now.timestamp())
    except WrongSignature as error:
        raise BadSignature(str(error)) from error
