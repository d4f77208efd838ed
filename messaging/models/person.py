"""What a person has chosen for the chat."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ChatProfile(models.Model):
    """Whoever has none has the defaults."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="chat_profile"
    )
    # Others see whether this person is there, and when last.
    shows_presence = models.BooleanField(_("shows presence"), default=True)

    def __str__(self) -> str:
        return str(self.user_id)
