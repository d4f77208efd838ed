"""REST of people: whom one may write to, and what one shows of oneself; and of support's queue."""

import uuid
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import IsVerifiedStaff
from common.api.pagination import CursorPagination
from common.problems import NotFound
from common.transactions import use_case
from messaging import wiring
from messaging.adapters.orm import acquaintance, profiles, selectors
from messaging.api import serializers as shapes
from messaging.api.callers import caller_of
from messaging.api.members import parsed


class PeoplePages(CursorPagination):
    ordering = ("display_name", "id")


class PeopleList(ListAPIView):  # type: ignore[type-arg]
    serializer_class = shapes.PersonSerializer
    pagination_class = PeoplePages
    filter_backends = []  # type: ignore[var-annotated]

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return acquaintance.list_nobody()
        asked = parsed(shapes.HandleSerializer(data=self.request.query_params))
        return acquaintance.list_people(user_id=caller_of(self.request), handle=asked["handle"])

    @extend_schema(
        operation_id="chat_people_list",
        summary="Find people: by exact handle, or those you share an event with and its organizers",
        parameters=[OpenApiParameter("handle", str, description="The exact handle, with or without @.")],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class ProfileView(APIView):
    @extend_schema(
        operation_id="chat_profile_read",
        summary="Read what the chat shows of you",
        responses={200: shapes.ProfileSerializer},
    )
    def get(self, request: Request) -> Response:
        return Response({"shows_presence": profiles.shows_presence(user_id=caller_of(request))})

    @extend_schema(
        operation_id="chat_profile_change",
        summary="Show others whether you are there, or don't",
        request=shapes.ProfileSerializer,
        responses={200: shapes.ProfileSerializer},
        examples=[OpenApiExample("Hidden", value={"shows_presence": False})],
    )
    def patch(self, request: Request) -> Response:
        asked = parsed(shapes.ProfileSerializer(data=request.data))
        with use_case():
            profiles.change_profile(user_id=caller_of(request), shows_presence=asked["shows_presence"])
        return Response(asked)


class SupportPages(CursorPagination):
    ordering = ("waiting_since", "id")


class SupportQueue(ListAPIView):  # type: ignore[type-arg]
    serializer_class = shapes.SupportConversationSerializer
    pagination_class = SupportPages
    permission_classes = [IsVerifiedStaff]
    filter_backends = []  # type: ignore[var-annotated]

    def get_queryset(self) -> Any:
        return selectors.list_support_queue()

    @extend_schema(operation_id="support_queue_list", summary="List who waits for support, the longest first")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class SupportAssignment(APIView):
    permission_classes = [IsVerifiedStaff]
    further_problems: ClassVar = {"put": (NotFound,), "delete": (NotFound,)}

    @extend_schema(
        operation_id="support_assign",
        summary="Take a support conversation on",
        request=None,
        responses={204: None},
    )
    def put(self, request: Request, conversation_id: uuid.UUID) -> Response:
        with use_case():
            wiring.take_support(conversation_id=conversation_id, assignee_id=caller_of(request), now=timezone.now())
        return Response(status=204)

    @extend_schema(
        operation_id="support_unassign",
        summary="Put a support conversation back into the queue",
        responses={204: None},
    )
    def delete(self, request: Request, conversation_id: uuid.UUID) -> Response:
        with use_case():
            wiring.take_support(conversation_id=conversation_id, assignee_id=None, now=timezone.now())
        return Response(status=204)
