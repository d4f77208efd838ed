"""Who sends this webhook: the secret in the address names the shop, a signature proves it."""

from collections.abc import Mapping
from datetime import datetime

from common.problems import Problem
from loyalty.models import Project, SigningKey, WebhookSecret
from loyalty.secrets_of_shops import digests_of
from loyalty.signatures import WrongSignature, checked_scheme


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


def find_project(*, secret: str, now: datetime) -> Project:
    """Return the active project that a webhook secret opens.

    Secrets are compared as keyed hashes through an index, so the time that it takes says nothing about them.

    Raises:
        UnknownWebhookSecret, ProjectInactive
    """
    found = WebhookSecret.objects.valid(now).filter(digest__in=digests_of(secret)).select_related("project").first()
    if found is None:
        raise UnknownWebhookSecret
    if not found.project.is_active:
        raise ProjectInactive
    return found.project


def check_signature(*, project: Project, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the scheme of the right signature, or '' when there is none and none is needed.

    Raises:
        BadSignature
    """
    if project.signature_mode == Project.SignatureMode.OFF:
        return ""
    is_signed = "webhook-signature" in headers or "x-signature" in headers
    if not is_signed:
        if project.signature_mode == Project.SignatureMode.REQUIRED:
            raise BadSignature("This project requires a signature.")
        return ""
    keys = [one.key for one in SigningKey.objects.valid(now).filter(project=project).order_by("-created_at")]
    try:
        return checked_scheme(headers=headers, body=body, keys=keys, now_seconds=now.timestamp())
    except WrongSignature as error:
        raise BadSignature(str(error)) from error
