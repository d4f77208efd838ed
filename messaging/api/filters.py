"""Filters of lists."""

import django_filters

from messaging.models import Membership, Message


class MessageFilter(django_filters.FilterSet):
    after_seq = django_filters.NumberFilter(field_name="seq", lookup_expr="gt", min_value=0, max_value=2**53 - 1)

    class Meta:
        model = Message
        fields: list[str] = []


class MemberFilter(django_filters.FilterSet):
    user = django_filters.UUIDFilter(field_name="user_id")

    class Meta:
        model = Membership
        fields: list[str] = []
