"""What the shop's lists can be narrowed by."""

import django_filters

from common.api.pagination import CursorPagination
from loyalty.models import CallbackEvent, Customer, LedgerTransaction, Transfer, WebhookDelivery


class TransactionPages(CursorPagination):
    ordering = ("-posted_at", "-id")


class WebhookPages(CursorPagination):
    ordering = ("-received_at", "-id")


class CustomerFilter(django_filters.FilterSet):
    email = django_filters.CharFilter(field_name="email", lookup_expr="iexact")
    phone = django_filters.CharFilter(field_name="phone", label="In E.164: +79001234567")

    class Meta:
        model = Customer
        fields: list[str] = []


class TransactionFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=LedgerTransaction.Kind.choices)
    order_id = django_filters.CharFilter(field_name="order__order_id", label="The shop's id of the order")

    class Meta:
        model = LedgerTransaction
        fields: list[str] = []


class WebhookFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=WebhookDelivery.Status.choices)
    format = django_filters.CharFilter()
    action = django_filters.CharFilter()

    class Meta:
        model = WebhookDelivery
        fields: list[str] = []


class CallbackEventPages(CursorPagination):
    ordering = ("-created_at", "-id")


class CallbackEventFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=CallbackEvent.Status.choices)
    event = django_filters.CharFilter()

    class Meta:
        model = CallbackEvent
        fields: list[str] = []


class TransferPages(CursorPagination):
    ordering = ("-created_at", "-id")


class TransferFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=Transfer.Kind.choices)
    status = django_filters.ChoiceFilter(choices=Transfer.Status.choices)

    class Meta:
        model = Transfer
        fields: list[str] = []
