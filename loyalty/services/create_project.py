"""Open a programme for a shop: its owner gets the secrets once, and nobody can read the first one again."""

import uuid
from dataclasses import dataclass
from typing import Any

from common.transactions import requires_transaction
from loyalty.models import Project, ProjectMember, SigningKey, WebhookSecret
from loyalty.secrets_of_shops import PREFIX_LENGTH, digest_of, new_signing_key, new_webhook_secret


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A new project and what its shop must write down now."""

    project: Project
    webhook_secret: str
    signing_key: str


@requires_transaction
def create_project(*, owner_id: uuid.UUID, **settings: Any) -> Opened:
    """Create the project with its owner, webhook secret and signing key; `settings` are fields of Project."""
    project = Project.objects.create(**settings)
    ProjectMember.objects.create(project=project, user_id=owner_id, role=ProjectMember.Role.OWNER)
    secret, key = new_webhook_secret(), new_signing_key()
    WebhookSecret.objects.create(project=project, digest=digest_of(secret), prefix=secret[:PREFIX_LENGTH])
    SigningKey.objects.create(project=project, key=key)
    return Opened(project=project, webhook_secret=secret, signing_key=key)
