"""Shapes of the notifications' API."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.examples import shown_as
from common.api.known_members import KnownMembersOnly
from notifications.api import examples
from notifications.api.recipient_serializers import PlainBooleanField
from notifications.models import Campaign, ContactPoint, InboxItem, NotificationEvent, NotificationJob
from notifications.models.choices import Category, Channel, DigestPeriod
from notifications.selectors.mailings import progress_of


class EnvelopeSerializer(serializers.Serializer[Any]):
    """The envelope of an external event; the payload's form is decided by the type, see `event-types/`."""

    event_id = serializers.UUIDField()
    event_type = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # the contract's name
    occurred_at = serializers.DateTimeField()
    payload = serializers.DictField()


class BatchSerializer(serializers.Serializer[Any]):
    """Up to 500 envelopes; a bare array of them is taken too."""

    events = EnvelopeSerializer(many=True)


class PlannedJobSerializer(serializers.Serializer[Any]):
    job_id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    template_code = serializers.CharField()
    channel = serializers.ChoiceField(choices=Channel.choices)


class PlannedAudienceSerializer(serializers.Serializer[Any]):
    template_code = serializers.CharField()
    channels = serializers.ListField(child=serializers.CharField())
    segment_id = serializers.CharField(allow_null=True)
    conditions = serializers.DictField(allow_null=True)


class AcceptedSerializer(serializers.Serializer[Any]):
    """What an event leads to: jobs at once for one person, a walk for an audience."""

    event_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=NotificationEvent.Status.choices)
    blocked_on = serializers.CharField()
    jobs = PlannedJobSerializer(many=True)
    audience = PlannedAudienceSerializer(allow_null=True)


class BatchItemSerializer(serializers.Serializer[Any]):
    """`answer` is what the single intake would have answered: the job plan, or a problem."""

    index = serializers.IntegerField()
    status = serializers.IntegerField()
    answer = serializers.DictField()


class BatchResultSerializer(serializers.Serializer[Any]):
    results = BatchItemSerializer(many=True)


class EventTypeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    summary = serializers.CharField()
    payload_schema = serializers.DictField()
    sample = serializers.DictField()


@shown_as(examples.EVENT_STATE)
class EventStateSerializer(serializers.ModelSerializer[NotificationEvent]):
    progress_percent = serializers.IntegerField(read_only=True)
    jobs_by_status = serializers.SerializerMethodField()

    class Meta:
        model = NotificationEvent
        fields = [
            "event_id",
            "event_type",
            "source",
            "occurred_at",
            "received_at",
            "status",
            "blocked_on",
            "audience_size",
            "recipients_planned",
            "jobs_planned",
            "progress_percent",
            "jobs_by_status",
        ]

    def get_jobs_by_status(self, event: NotificationEvent) -> dict[str, int]:
        counts: dict[str, int] = self.context["jobs_by_status"]
        return counts


@shown_as(examples.JOB)
class JobSerializer(serializers.ModelSerializer[NotificationJob]):
    job_id = serializers.UUIDField(source="id", read_only=True)
    event_id = serializers.UUIDField(source="event.event_id", read_only=True)
    event_type = serializers.CharField(source="event.event_type", read_only=True)
    user_id = serializers.UUIDField(source="recipient.external_id", read_only=True)

    class Meta:
        model = NotificationJob
        fields = [
            "job_id",
            "event_id",
            "event_type",
            "user_id",
            "template_code",
            "template_version",
            "channel",
            "locale",
            "category",
            "status",
            "reason",
            "attempts",
            "next_attempt_at",
            "created_at",
            "finished_at",
            "decisions",
        ]


@shown_as(examples.CAMPAIGN)
class CampaignSerializer(serializers.ModelSerializer[Campaign]):
    """A campaign and how much of its audience is planned; the figures of one that hasn't started are empty."""

    template_code = serializers.CharField(source="template.code", read_only=True)
    segment_id = serializers.CharField(source="segment.code", read_only=True)
    channels = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=Campaign.State.values)
    pause_reason = serializers.CharField(source="event.pause_reason", default="")
    started_at = serializers.DateTimeField(source="event.received_at", default=None)
    audience_size = serializers.IntegerField(source="event.audience_size", default=None)
    recipients_planned = serializers.IntegerField(source="event.recipients_planned", default=0)
    jobs_planned = serializers.IntegerField(source="event.jobs_planned", default=0)
    progress_percent = serializers.IntegerField(source="event.progress_percent", default=0)

    class Meta:
        model = Campaign
        fields = [
            "id",
            "name",
            "template_code",
            "segment_id",
            "channels",
            "state",
            "pause_reason",
            "created_at",
            "started_at",
            "audience_size",
            "recipients_planned",
            "jobs_planned",
            "progress_percent",
        ]
        read_only_fields = fields


class CampaignResultSerializer(serializers.Serializer[Any]):
    """So many messages of a channel stand there."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    status = serializers.ChoiceField(choices=NotificationJob.Status.choices)
    messages = serializers.IntegerField()


class CampaignMessagesSerializer(serializers.Serializer[Any]):
    """How far the sending is, of all messages that are to come."""

    messages = serializers.IntegerField()
    sent = serializers.IntegerField()
    not_sent = serializers.IntegerField()
    waiting = serializers.IntegerField()
    percent = serializers.IntegerField()


@shown_as(examples.CAMPAIGN_PROGRESS)
class CampaignProgressSerializer(CampaignSerializer):
    sending = serializers.SerializerMethodField()
    results = serializers.SerializerMethodField()

    class Meta(CampaignSerializer.Meta):
        fields = [*CampaignSerializer.Meta.fields, "sending", "results"]
        read_only_fields = fields

    @extend_schema_field(CampaignMessagesSerializer)
    def get_sending(self, campaign: Campaign) -> Any:
        return CampaignMessagesSerializer(progress_of(campaign=campaign, results=self.context["results"])).data

    @extend_schema_field(CampaignResultSerializer(many=True))
    def get_results(self, campaign: Campaign) -> list[dict[str, Any]]:
        counted: list[tuple[str, str, int]] = self.context["results"]
        return [{"channel": channel, "status": status, "messages": count} for channel, status, count in counted]


@shown_as(examples.INBOX_ITEM)
class InboxItemSerializer(serializers.ModelSerializer[InboxItem]):
    class Meta:
        model = InboxItem
        fields = ["id", "title", "text", "link", "created_at", "read_at"]


class ReadSerializer(KnownMembersOnly, serializers.Serializer[Any]):
    """Without ids everything is marked as read."""

    ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)


@shown_as(examples.UNREAD)
class UnreadSerializer(serializers.Serializer[Any]):
    unread = serializers.IntegerField()


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["22:00"]})
class MinuteField(serializers.TimeField):
    """A time of the day without seconds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **options)


class QuietHoursSerializer(KnownMembersOnly, serializers.Serializer[Any]):
    """Local hours; they may cross midnight."""

    begin = MinuteField()
    end = MinuteField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["begin"] == attrs["end"]:
            raise serializers.ValidationError(_("Quiet hours must begin and end at different times."))
        return attrs


class ChannelChoicesSerializer(KnownMembersOnly, serializers.Serializer[Any]):
    email = PlainBooleanField(required=False)
    push = PlainBooleanField(required=False)
    telegram = PlainBooleanField(required=False)
    webhook = PlainBooleanField(required=False)
    in_app = PlainBooleanField(required=False)


class CategoryChoicesSerializer(KnownMembersOnly, serializers.Serializer[Any]):
    transactional = ChannelChoicesSerializer(required=False)
    reminders = ChannelChoicesSerializer(required=False)
    social = ChannelChoicesSerializer(required=False)
    marketing = ChannelChoicesSerializer(required=False)


class DigestsSerializer(KnownMembersOnly, serializers.Serializer[Any]):
    """One message an hour or a day about the category; empty: each message by itself."""

    reminders = serializers.ChoiceField(choices=DigestPeriod.choices, required=False, allow_blank=True)
    social = serializers.ChoiceField(choices=DigestPeriod.choices, required=False, allow_blank=True)
    marketing = serializers.ChoiceField(choices=DigestPeriod.choices, required=False, allow_blank=True)


@shown_as(examples.PREFERENCES)
class PreferencesSerializer(KnownMembersOnly, serializers.Serializer[Any]):
    """PATCH changes what is given."""

    categories = CategoryChoicesSerializer(required=False)
    marketing_consent = PlainBooleanField(required=False)
    digests = DigestsSerializer(required=False)
    quiet_hours = QuietHoursSerializer(required=False, allow_null=True)


class PushKeysSerializer(serializers.Serializer[Any]):
    p256dh = serializers.RegexField(r"^[A-Za-z0-9_-]{86,88}=*$", help_text="A P-256 point in URL-safe base64.")
    auth = serializers.RegexField(r"^[A-Za-z0-9_-]{21,24}=*$", help_text="16 bytes in URL-safe base64.")


class PushSubscriptionSerializer(serializers.Serializer[Any]):
    """As `PushSubscription.toJSON()` of the browser gives it."""

    endpoint = serializers.CharField(max_length=1000)
    expirationTime = serializers.FloatField(required=False, allow_null=True)  # noqa: N815  (the browser's name)
    keys = PushKeysSerializer()


class AppTokenSerializer(serializers.Serializer[Any]):
    """The registration token that Firebase's library gives to an app."""

    token = serializers.RegexField(r"^[A-Za-z0-9_:-]{20,900}$")


class WebhookSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(max_length=1000)


@shown_as(examples.WEBHOOK)
class WebhookStateSerializer(serializers.ModelSerializer[ContactPoint]):
    url = serializers.CharField(source="address")

    class Meta:
        model = ContactPoint
        fields = ["id", "url", "created_at", "switched_off_at", "switched_off_reason"]


@shown_as(examples.NEW_WEBHOOK)
class NewWebhookSerializer(WebhookStateSerializer):
    """The secret is shown this once."""

    class Meta(WebhookStateSerializer.Meta):
        fields = [*WebhookStateSerializer.Meta.fields, "secret"]


@shown_as(examples.PUSH_SUBSCRIPTION_STATE)
class PushSubscriptionStateSerializer(serializers.ModelSerializer[ContactPoint]):
    class Meta:
        model = ContactPoint
        fields = ["id", "created_at"]


@shown_as(examples.PUSH_KEY)
class PushKeySerializer(serializers.Serializer[Any]):
    public_key = serializers.CharField()


@shown_as({"url": "https://t.me/aquastream_bot?start=Yh1s3pR0Zk2vX9cQ4tB7wA"})
class TelegramLinkSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()


@shown_as(examples.UNSUBSCRIBING)
class UnsubscribingSerializer(serializers.Serializer[Any]):
    category = serializers.ChoiceField(choices=Category.choices)
    channel = serializers.ChoiceField(choices=Channel.choices)
