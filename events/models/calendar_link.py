"""The number in a person's secret calendar link."""

import uuid

from django.conf import settings
from django.db import models


class CalendarLink(models.Model):
    """Changed, and the old link is worth nothing; the link itself is signed (calendar_links.py) and stored nowhere."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+")
    secret = models.UUIDField(default=uuid.uuid4)

    def __str__(self) -> str:
        return str(self.user_id)
