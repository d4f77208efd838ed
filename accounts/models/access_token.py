"""Tokens of programs: hashed, named, expiring, revocable."""

from django.db import models
from knox.models import AbstractAuthToken


class AccessToken(AbstractAuthToken):
    """A bearer token; only its hash is kept."""

    name = models.CharField(max_length=80, blank=True)
    scopes = models.JSONField(default=list, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # Given with a fresh code of the second factor: required where staff act through the API.
    second_factor_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name or self.token_key
