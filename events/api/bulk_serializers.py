"""Orders for many events and series, as the API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from events.models import BulkItem, BulkOperation
from events.selectors.bulk import list_bulk_items, progress_of


class BulkItemSerializer(serializers.ModelSerializer):
    """What became of one event."""

    event = serializers.UUIDField(source="event_id")
    title = serializers.CharField(source="event.title")
    detail = serializers.CharField(source="told")

    class Meta:
        model = BulkItem
        fields = ["event", "title", "status", "code", "detail", "settled_at"]


class ProgressSerializer(serializers.Serializer):
    total = serializers.IntegerField()
    pending = serializers.IntegerField()
    done = serializers.IntegerField()
    refused = serializers.IntegerField()
    failed = serializers.IntegerField()


class BulkOperationSerializer(serializers.ModelSerializer):
    """An order: how far it is, and a result per event."""

    progress = serializers.SerializerMethodField()
    items = serializers.SerializerMethodField()

    class Meta:
        model = BulkOperation
        fields = ["id", "action", "status", "created_at", "finished_at", "progress", "items"]

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, operation: BulkOperation) -> Any:
        return ProgressSerializer(progress_of(operation_id=operation.id)).data

    @extend_schema_field(BulkItemSerializer(many=True))
    def get_items(self, operation: BulkOperation) -> Any:
        return BulkItemSerializer(list_bulk_items(operation_id=operation.id), many=True).data


class DateSerializer(serializers.Serializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class PreviewSerializer(serializers.Serializer):
    """When the events of a series would take place."""

    total = serializers.IntegerField()
    dates = DateSerializer(many=True)


class SeriesMemberSerializer(DateSerializer):
    id = serializers.UUIDField()
    position = serializers.IntegerField(source="series_position")


class SeriesSerializer(serializers.Serializer):
    """A series and its events, the first of which is the one it was made from."""

    id = serializers.UUIDField()
    rule = serializers.CharField()
    time_zone = serializers.CharField()
    events = SeriesMemberSerializer(many=True)


class CancellationSerializer(serializers.Serializer):
    """How far the end of a cancelled event's bookings has come; `failed` ones are tried again."""

    total = serializers.IntegerField()
    ended = serializers.IntegerField()
    failed = serializers.IntegerField()
    finished_at = serializers.DateTimeField(allow_null=True)
