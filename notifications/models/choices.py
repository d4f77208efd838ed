"""Words that several models share."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    PUSH = "push", _("Push")
    TELEGRAM = "telegram", _("Telegram")
    WEBHOOK = "webhook", _("Webhook")
    IN_APP = "in_app", _("Inbox")


class Category(models.TextChoices):
    TRANSACTIONAL = "transactional", _("Bookings and payments")
    REMINDERS = "reminders", _("Reminders")
    SOCIAL = "social", _("Reviews and replies")
    MARKETING = "marketing", _("News and offers")


class DigestPeriod(models.TextChoices):
    HOURLY = "hourly", _("Once an hour")
    DAILY = "daily", _("Once a day")


class Locale(models.TextChoices):
    RUSSIAN = "ru", _("Russian")
    ENGLISH = "en", _("English")
