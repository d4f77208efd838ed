"""Events as the API shows them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.money import Money
from events.api.cards import card_of, distance_km_of, url_of
from events.api.fields import MoneySerializer, RefundPolicySerializer
from events.availability import (
    Availability,
    Sale,
    Seats,
    level,
    level_of_event,
    level_of_type,
    sale_of,
    seats_of_event,
)
from events.covers import cover_url_of
from events.models import Category, Event, TicketType
from events.selectors.events import shown_ticket_types
from events.snippets import marked_snippet


class CategorySerializer(serializers.ModelSerializer):
    parent = serializers.SlugRelatedField[Category](slug_field="slug", read_only=True, allow_null=True)  # type: ignore[assignment]

    class Meta:
        model = Category
        fields = ["slug", "name", "parent", "position"]


class CategoryRefSerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ["slug", "name"]


class OrganizerRefSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()


class SeatsSerializer(serializers.Serializer):
    """Exact numbers, for the organizer only."""

    capacity = serializers.IntegerField()
    held = serializers.IntegerField()
    sold = serializers.IntegerField()
    left = serializers.IntegerField()


class TicketTypeSerializer(serializers.ModelSerializer):
    """A kind of ticket; `context`: `event`, `standing`, `now`."""

    price = serializers.SerializerMethodField()
    sale = serializers.SerializerMethodField()
    availability = serializers.SerializerMethodField()
    seats = serializers.SerializerMethodField()
    access_code = serializers.SerializerMethodField(help_text="For the organizer only.")

    class Meta:
        model = TicketType
        fields = [
            *("id", "name", "price", "sale", "sale_opens_at", "sale_closes_at", "min_per_booking", "max_per_booking"),
            *("position", "access_code", "availability", "seats"),
        ]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_access_code(self, ticket_type: TicketType) -> str | None:
        return ticket_type.access_code if self.context["standing"].inside else None

    @extend_schema_field(MoneySerializer)
    def get_price(self, ticket_type: TicketType) -> dict[str, str]:
        return ticket_type.money.as_json()

    @extend_schema_field(serializers.ChoiceField(choices=Sale.choices))
    def get_sale(self, ticket_type: TicketType) -> str:
        return sale_of(ticket_type, self.context["event"], now=self.context["now"])

    @extend_schema_field(serializers.ChoiceField(choices=Availability.choices))
    def get_availability(self, ticket_type: TicketType) -> str:
        return level_of_type(ticket_type, self.context["event"])

    @extend_schema_field(SeatsSerializer(allow_null=True))
    def get_seats(self, ticket_type: TicketType) -> Any:
        if not self.context["standing"].inside:
            return None
        seats = Seats(ticket_type.capacity, ticket_type.held, ticket_type.sold)
        return SeatsSerializer(seats).data


class EventCardSerializer(serializers.ModelSerializer):
    """An event in a list; the row carries `seats_left` and `seats_total`."""

    url = serializers.SerializerMethodField()
    category = CategoryRefSerializer()
    organizer = OrganizerRefSerializer()
    cover = serializers.SerializerMethodField()
    online = serializers.SerializerMethodField()
    price_from = serializers.SerializerMethodField()
    availability = serializers.SerializerMethodField()
    snippet = serializers.SerializerMethodField(
        help_text="In a search: the words around the match, as escaped HTML with <mark>."
    )
    tags = serializers.ListField(child=serializers.CharField())
    rating = serializers.SerializerMethodField(help_text="Of the event, or of its organizer before there are reviews.")
    distance_km = serializers.SerializerMethodField(help_text="With `near`: to about a kilometre.")

    class Meta:
        model = Event
        fields = [
            *("id", "slug", "url", "title", "summary", "snippet", "category", "organizer", "cover", "tags"),
            *("status", "language", "age_rating", "city", "venue", "online", "starts_at", "ends_at", "time_zone"),
            *("price_from", "availability", "rating", "distance_km"),
        ]

    def get_url(self, event: Event) -> str:
        return url_of(event)

    def get_cover(self, event: Event) -> str:
        return cover_url_of(event)

    def get_online(self, event: Event) -> bool:
        return bool(event.online_url)

    @extend_schema_field(serializers.DecimalField(max_digits=3, decimal_places=2, allow_null=True))
    def get_rating(self, event: Event) -> str | None:
        return None if event.rating is None else str(event.rating)

    def get_distance_km(self, event: Any) -> float | None:
        return distance_km_of(event)

    @extend_schema_field(MoneySerializer(allow_null=True))
    def get_price_from(self, event: Any) -> dict[str, str] | None:
        return None if event.price_to is None else Money(event.price_from, event.currency).as_json()

    @extend_schema_field(serializers.ChoiceField(choices=Availability.choices))
    def get_availability(self, event: Any) -> str:
        return level(left=event.seats_left, total=event.seats_total)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_snippet(self, event: Any) -> str | None:
        return marked_snippet(getattr(event, "snippet", None))


class ListedEventSerializer(EventCardSerializer):
    """The same card by a short way, for lists."""

    def to_representation(self, event: Any) -> dict[str, Any]:
        return card_of(event)


class EventSerializer(EventCardSerializer):
    """An event as a whole; `context`: `standing`, `now`. Guests see limited details."""

    address = serializers.SerializerMethodField()
    latitude = serializers.SerializerMethodField()
    longitude = serializers.SerializerMethodField()
    online_url = serializers.SerializerMethodField()
    contact = serializers.SerializerMethodField()
    details = serializers.SerializerMethodField(
        help_text="`limited`: address, link and contact are shown to those who have a booking."
    )
    refund_policy = RefundPolicySerializer(read_only=True, allow_null=True)
    ticket_types = serializers.SerializerMethodField()
    snippet = None  # type: ignore[assignment]
    distance_km = None  # type: ignore[assignment]

    class Meta:
        model = Event
        fields = [
            *(name for name in EventCardSerializer.Meta.fields if name not in ("snippet", "distance_km")),
            *("description", "address", "latitude", "longitude", "address_is_public", "online_url", "contact"),
            *(
                "details",
                "currency",
                "capacity",
                "refund_policy",
                "cancellable_hours_before",
                "doors_open_hours_before",
                "counts_unscanned",
                "status_reason",
            ),
            *("ticket_types", "published_at", "version"),
        ]

    def to_representation(self, event: Event) -> dict[str, Any]:
        shown = super().to_representation(event)
        if not self.context["standing"].inside:
            shown["capacity"] = None
            # Why an administrator took it down is between them and the organizer.
            if event.status == Event.Status.SUSPENDED:
                shown["status_reason"] = ""
        return shown

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_address(self, event: Event) -> str | None:
        return event.address if self._shows_place(event) else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_latitude(self, event: Event) -> str | None:
        return str(event.latitude) if self._shows_place(event) and event.latitude is not None else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_longitude(self, event: Event) -> str | None:
        return str(event.longitude) if self._shows_place(event) and event.longitude is not None else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_online_url(self, event: Event) -> str | None:
        return event.online_url if self.context["standing"].has_access else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_contact(self, event: Event) -> str | None:
        return event.contact if self.context["standing"].has_access else None

    @extend_schema_field(serializers.ChoiceField(choices=["full", "limited"]))
    def get_details(self, event: Event) -> str:
        return "full" if self.context["standing"].has_access else "limited"

    @extend_schema_field(TicketTypeSerializer(many=True))
    def get_ticket_types(self, event: Event) -> Any:
        context = {**self.context, "event": event}
        return TicketTypeSerializer(self._types(event), many=True, context=context).data

    @extend_schema_field(MoneySerializer(allow_null=True))
    def get_price_from(self, event: Event) -> dict[str, str] | None:
        return None if event.price_to is None else Money(event.price_from, event.currency).as_json()

    @extend_schema_field(serializers.ChoiceField(choices=Availability.choices))
    def get_availability(self, event: Event) -> str:
        return level_of_event(event, self._types(event), now=self.context["now"])

    def _types(self, event: Event) -> list[TicketType]:
        return shown_ticket_types(event=event, standing=self.context["standing"])

    def _shows_place(self, event: Event) -> bool:
        return event.address_is_public or self.context["standing"].has_access


class AvailabilitySerializer(serializers.Serializer):
    """What is left of an event; `context`: `standing`, `now`."""

    availability = serializers.SerializerMethodField()
    seats = serializers.SerializerMethodField()
    ticket_types = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=Availability.choices))
    def get_availability(self, event: Event) -> str:
        return level_of_event(event, self._types(event), now=self.context["now"])

    @extend_schema_field(SeatsSerializer(allow_null=True))
    def get_seats(self, event: Event) -> Any:
        if not self.context["standing"].inside:
            return None
        return SeatsSerializer(seats_of_event(event, self._types(event))).data

    @extend_schema_field(TicketTypeSerializer(many=True))
    def get_ticket_types(self, event: Event) -> Any:
        context = {**self.context, "event": event}
        return TicketTypeSerializer(self._types(event), many=True, context=context).data

    def _types(self, event: Event) -> list[TicketType]:
        return shown_ticket_types(event=event, standing=self.context["standing"])
