"""Tokens of programs: hashed, named, expiring, revocable."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from common.ids import new_id


class AccessToken(AbstractAuthToken):
    """A bearer token; only its hash is kept."""

    # What the API calls it by: the primary key is the hash.
    id = models.UUIDField(default=new_id, editable=False)
    name = models.CharField(max_length=80, blank=True)
    # What it may do, see accounts.scopes; none: nothing.
    scopes = models.JSONField(default=list, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # Given with a fresh code of the second factor: required where staff act through the API.
    second_factor_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        constraints = [
            # The API's id means one token.
            models.UniqueConstraint(fields=["id"], name="accounts_token_id_unique"),
        ]

    def __str__(self) -> str:
        return self.name or self.token_key
