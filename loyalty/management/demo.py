"""A shop that takes webhooks, one that is switched off, and the platform's own programme; the same on each run.

Secrets are derived from this installation's key: known to its developer, unknown to everybody else.
"""

import base64
import hashlib
import hmac
import uuid
from typing import Any

from django.conf import settings

from loyalty.models import Project, ProjectMember, SigningKey, WebhookSecret
from loyalty.secrets_of_shops import PREFIX_LENGTH, digest_of

DEMO = uuid.UUID("5b0f4a52-7f0a-5d57-9a0e-2f2f5a3d7c10")


def load_demo(known: dict[str, Any]) -> dict[str, Any]:
    """Make the demo's shops; return what their webhooks need."""
    owner_id = known["accounts"]["shop_owner"]["id"]
    project = _project("Paddle & Tent", owner_id, is_active=True)
    _project("Closed Shop", owner_id, is_active=False)
    _project("Aquastream", owner_id, is_active=True, is_platform=True)
    return {
        "loyalty": {
            "project_id": str(project.id),
            "webhook_secret": _secret("Paddle & Tent"),
            "signing_key": _signing_key("Paddle & Tent"),
            "inactive_webhook_secret": _secret("Closed Shop"),
        }
    }


def _project(name: str, owner_id: str, *, is_active: bool, is_platform: bool = False) -> Project:
    rules = {
        "name": name,
        "is_active": is_active,
        "is_platform": is_platform,
        "signature_mode": Project.SignatureMode.OPTIONAL,
    }
    project, is_new = Project.objects.get_or_create(id=uuid.uuid5(DEMO, name), defaults=rules)
    if is_new:
        secret = _secret(name)
        ProjectMember.objects.create(project=project, user_id=owner_id, role=ProjectMember.Role.OWNER)
        WebhookSecret.objects.create(project=project, digest=digest_of(secret), prefix=secret[:PREFIX_LENGTH])
        SigningKey.objects.create(project=project, key=_signing_key(name))
    return project


def _secret(name: str) -> str:
    return base64.urlsafe_b64encode(_derived(f"webhook secret of {name}")).rstrip(b"=").decode()


def _signing_key(name: str) -> str:
    return "whsec_" + base64.b64encode(_derived(f"signing key of {name}")).decode()


def _derived(what: str) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), b"loyalty.demo\0" + what.encode(), hashlib.sha256).digest()
