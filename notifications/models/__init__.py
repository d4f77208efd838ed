from notifications.models.campaign import Campaign
from notifications.models.contact_point import ContactPoint
from notifications.models.digest_choice import DigestChoice
from notifications.models.event import NotificationEvent
from notifications.models.inbox_item import InboxItem
from notifications.models.job import NotificationJob
from notifications.models.preference import Preference
from notifications.models.recipient import Recipient
from notifications.models.segment import Segment
from notifications.models.service_source import ServiceSource
from notifications.models.service_token import ServiceToken
from notifications.models.suppression import Suppression
from notifications.models.telegram import TelegramBot, TelegramLinkCode
from notifications.models.template import Template, TemplateVersion
from notifications.models.vapid_key import VapidKey

__all__ = [
    "Campaign",
    "ContactPoint",
    "DigestChoice",
    "InboxItem",
    "NotificationEvent",
    "NotificationJob",
    "Preference",
    "Recipient",
    "Segment",
    "ServiceSource",
    "ServiceToken",
    "Suppression",
    "TelegramBot",
    "TelegramLinkCode",
    "Template",
    "TemplateVersion",
    "VapidKey",
]
