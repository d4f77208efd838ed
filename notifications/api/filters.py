"""Filters of lists."""

from django_filters import rest_framework as filters

from notifications.models import NotificationJob
from notifications.models.choices import Channel


class JobFilter(filters.FilterSet):
    status = filters.ChoiceFilter(choices=NotificationJob.Status.choices)
    channel = filters.ChoiceFilter(choices=Channel.choices)
    event_type = filters.CharFilter(field_name="event__event_type")
    event_id = filters.UUIDFilter(field_name="event__event_id")
    user_id = filters.UUIDFilter(field_name="recipient__external_id")

    class Meta:
        model = NotificationJob
        fields = ["status", "channel", "event_type", "event_id", "user_id"]
