"""Events, their catalogue and their tickets."""

import uuid
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.permissions import AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.idempotency import idempotent_if_keyed
from common.api.versions import expected_version, required_version, with_etag
from common.transactions import use_case
from events.actors import Actor
from events.api import examples, inputs, serializers
from events.api.actors import actor_of
from events.api.facets import shown_facets
from events.api.pagination import CataloguePagination, FavoritesPagination
from events.calendar_files import Entry, calendar_of
from events.catalogue_cache import LIST_SECONDS, remembered
from events.catalogue_facets import facets_of
from events.filters import CatalogueFilter, today_of, with_snippets
from events.selectors.cards import read_cards
from events.selectors.catalogue import list_categories, list_favorites, list_found, list_own_events
from events.selectors.events import get_readable_event, standing_of
from events.services.create_event import create_event
from events.services.delete_draft import delete_draft
from events.services.forget_favorite import forget_favorite
from events.services.keep_favorite import keep_favorite
from events.services.update_event import update_event


class EventEndpoint(APIView):
    """What all views of one event share: who asks, when, and how the event is shown to them."""

    @cached_property
    def actor(self) -> Actor:
        return actor_of(self.request, self)

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    def clock(self) -> datetime:
        """Return the time of the call: what takes long goes on reading it."""
        return timezone.now()

    def event_response(self, event_id: uuid.UUID, status: int = 200) -> Response:
        event = get_readable_event(actor=self.actor, event_id=event_id)
        context = {"standing": standing_of(actor=self.actor, event=event), "now": self.now}
        return with_etag(
            Response(serializers.EventSerializer(event, context=context).data, status=status), event.version
        )


@extend_schema_view(
    get=extend_schema(
        summary="Find events",
        description=(
            "Published and running events. `q` searches in Russian and English; the last word may be unfinished. "
            "With `facets=1` the page also has `facets`: `{category: [{value, count}], city, language, age_rating, free, "
            "online, min_rating, preset, day, tags, total}`, each counted under the other wishes, at most 30 seconds old: "
            "what the list would hold with that wish in its place, or with that tag on top."
        ),
        responses=serializers.EventCardSerializer(many=True),
        examples=[examples.answered(examples.CARD)],
    )
)
class EventsView(EventEndpoint, generics.ListAPIView):
    """The catalogue, and where organizers add to it."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = serializers.ListedEventSerializer
    pagination_class = CataloguePagination
    filterset_class = CatalogueFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer everybody's list from the cache while it is fresh; one's own events are read each time."""
        if self.is_own:
            return super().list(request, *args, **kwargs)
        asked = sorted(request.query_params.lists())
        # The links to other pages name the host that was asked.
        question = ["list", request.build_absolute_uri("/"), get_language(), asked, today_of(request)]
        return Response(remembered(question, lambda: super(EventsView, self).list(request).data, seconds=LIST_SECONDS))

    def get_queryset(self) -> Any:
        if self.is_own:
            return list_own_events(actor=self.actor, now=self.now)
        return list_found(now=self.now, with_seats="has_seats" in self.request.query_params)

    @property
    def is_own(self) -> bool:
        return self.request.query_params.get("mine") == "true"

    def paginate_queryset(self, queryset: Any) -> Any:
        text = self.request.query_params.get("q", "").strip()
        found = super().paginate_queryset(with_snippets(queryset, text))
        return found if self.is_own else read_cards(found=found or [], now=self.now)

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        query = self.request.query_params
        if query.get("facets") == "1":
            parsed = CatalogueFilter(query, request=self.request)
            wishes = parsed.form.cleaned_data if parsed.is_valid() else {}
            facets = facets_of(
                query,
                wishes,
                events=self.get_queryset,
                today=today_of(self.request),
                is_shared=not self.is_own,
            )
            response.data["facets"] = shown_facets(facets)
        return response

    @extend_schema(
        summary="Create a draft",
        description="With an Idempotency-Key, sent again it is made once.",
        request=inputs.EventInput,
        responses={201: serializers.EventSerializer},
        examples=[examples.sent(examples.EVENT_INPUT), examples.answered(examples.EVENT | {"status": "draft"})],
    )
    @idempotent_if_keyed
    def post(self, request: Request) -> Response:
        parsed = inputs.EventInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        fields = dict(parsed.validated_data)
        organizer_id = fields.pop("organizer", None)
        ticket_types = fields.pop("ticket_types", [])
        event = create_event(actor=self.actor, organizer_id=organizer_id, fields=fields, ticket_types=ticket_types)
        return self.event_response(event.id, status=201)


class EventView(EventEndpoint):
    """One event."""

    permission_classes = [IsAuthenticatedOrReadOnly]

    @extend_schema(
        summary="Read an event",
        description="Guests see limited details; the address, the link and the contact come with a booking.",
        responses=serializers.EventSerializer,
        examples=[examples.answered(examples.EVENT)],
    )
    def get(self, request: Request, event_id: uuid.UUID) -> Response:
        return self.event_response(event_id)

    @extend_schema(
        summary="Change an event",
        description="Send the ETag in If-Match. Time and place of an event with bookings change by `reschedule`.",
        request=inputs.EventContentInput(partial=True),
        responses=serializers.EventSerializer,
        examples=[examples.sent({"title": "Сплав по Катуни в июне"}), examples.answered(examples.EVENT)],
    )
    def patch(self, request: Request, event_id: uuid.UUID) -> Response:
        version = required_version(request)
        parsed = inputs.EventContentInput(data=request.data, partial=True)
        parsed.is_valid(raise_exception=True)
        with use_case():
            update_event(
                actor=self.actor,
                event_id=event_id,
                fields=dict(parsed.validated_data),
                expected_version=version,
                now=self.now,
            )
        return self.event_response(event_id)

    @extend_schema(summary="Delete a draft", request=None, responses={204: None})
    def delete(self, request: Request, event_id: uuid.UUID) -> Response:
        with use_case():
            delete_draft(actor=self.actor, event_id=event_id, now=self.now, expected_version=expected_version(request))
        return Response(status=204)


class AvailabilityView(EventEndpoint):
    """What is left."""

    permission_classes = [AllowAny]

    @extend_schema(
        summary="See what is left",
        description="Exact numbers for the organizer; `available`, `few` (under 10 %) or `sold_out` for everyone else.",
        responses=serializers.AvailabilitySerializer,
        examples=[examples.answered(examples.AVAILABILITY)],
    )
    def get(self, request: Request, event_id: uuid.UUID) -> Response:
        event = get_readable_event(actor=self.actor, event_id=event_id)
        context = {"standing": standing_of(actor=self.actor, event=event), "now": self.now}
        return Response(serializers.AvailabilitySerializer(event, context=context).data)


class EventCalendarView(EventEndpoint):
    """The event for a calendar program."""

    permission_classes = [AllowAny]

    @extend_schema(
        summary="Get an event as iCalendar",
        responses={
            (200, "text/calendar"): OpenApiResponse(
                OpenApiTypes.STR, "An iCalendar file", examples=[examples.answered(examples.CALENDAR)]
            )
        },
    )
    def get(self, request: Request, event_id: uuid.UUID) -> HttpResponse:
        event = get_readable_event(actor=self.actor, event_id=event_id)
        standing = standing_of(actor=self.actor, event=event)
        url = serializers.EventSerializer().get_url(event)
        shows_place = event.address_is_public or standing.has_access
        file = calendar_of([Entry(event=event, url=url, shows_place=shows_place)], now=self.now)
        headers = {"Content-Disposition": f'attachment; filename="{event.slug}.ics"'}
        return HttpResponse(file, content_type="text/calendar; charset=utf-8", headers=headers)


class FavoriteView(EventEndpoint):
    """Whether the caller keeps the event in mind."""

    permission_classes = [IsAuthenticated]

    @extend_schema(summary="Add to favourites", request=None, responses={204: None})
    def put(self, request: Request, event_id: uuid.UUID) -> Response:
        with use_case():
            keep_favorite(actor=self.actor, event_id=event_id)
        return Response(status=204)

    @extend_schema(summary="Remove from favourites", request=None, responses={204: None})
    def delete(self, request: Request, event_id: uuid.UUID) -> Response:
        with use_case():
            forget_favorite(actor=self.actor, event_id=event_id)
        return Response(status=204)


@extend_schema_view(
    get=extend_schema(
        summary="List own favourites",
        responses=serializers.EventCardSerializer(many=True),
        examples=[examples.answered(examples.CARD)],
    )
)
class FavoritesView(EventEndpoint, generics.ListAPIView):
    """The caller's favourites that may still be opened."""

    permission_classes = [IsAuthenticated]
    serializer_class = serializers.ListedEventSerializer
    pagination_class = FavoritesPagination
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet:
        return list_favorites(actor=self.actor, now=self.now)


@extend_schema_view(
    get=extend_schema(
        summary="List categories",
        responses=serializers.CategorySerializer(many=True),
        examples=[
            examples.answered({"slug": "rafting", "name": "Рафтинг", "parent": "water", "position": 1}),
        ],
    )
)
class CategoriesView(generics.ListAPIView):
    """The whole tree, each category with its parent's slug."""

    permission_classes = [AllowAny]
    serializer_class = serializers.CategorySerializer
    pagination_class = None
    filter_backends: list[Any] = []

    def get_queryset(self) -> QuerySet:
        return list_categories()
