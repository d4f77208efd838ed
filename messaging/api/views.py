"""REST beside the socket: conversations, and their messages for programs that don't listen."""

import uuid
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.pagination import CursorPagination
from common.transactions import use_case
from messaging.adapters.orm import selectors
from messaging.adapters.orm.searching import search_messages
from messaging.api.callers import caller_of
from messaging.api.examples import CONVERSATION, MESSAGE
from messaging.api.filters import MessageFilter
from messaging.api.serializers import (
    ConversationSerializer,
    MessageSerializer,
    NewConversationSerializer,
    SearchSerializer,
)
from messaging.application.open_conversation import NotAcquainted, PersonNotFound
from messaging.wiring import open_conversation


class ConversationPages(CursorPagination):
    ordering = ("-changed_at", "-id")


class MessagePages(CursorPagination):
    page_size = 50
    ordering = ("seq",)


class ConversationList(ListAPIView):  # type: ignore[type-arg]
    further_problems: ClassVar = {"post": (PersonNotFound, NotAcquainted)}
    serializer_class = ConversationSerializer
    pagination_class = ConversationPages

    def get_queryset(self) -> Any:
        return selectors.list_conversations(user_id=caller_of(self.request))

    @extend_schema(
        operation_id="conversations_list",
        summary="List your conversations, latest first",
        examples=[OpenApiExample("Conversations", value=CONVERSATION, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="conversations_create",
        summary="Open a conversation",
        description="A direct conversation is found (200) or made (201); a group is always made (201). To somebody with "
        "whom you share no event, who isn't of an organizer and whose exact `handle` you don't give, a direct one is a "
        "request: three messages, until it is accepted; into a group you put whom you could write to freely, or who has "
        "accepted your request, and everybody else by an invitation. `support` finds or makes your conversation with the "
        "administrators.",
        request=NewConversationSerializer,
        responses={200: ConversationSerializer, 201: ConversationSerializer},
        examples=[
            OpenApiExample(
                "With one person",
                value={"kind": "direct", "members": ["0199a1b2-0000-7000-8000-000000000002"]},
                request_only=True,
            ),
            OpenApiExample("Conversation", value=CONVERSATION, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        asked = NewConversationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with use_case():
            conversation_id, is_new = open_conversation(
                actor_id=caller_of(request),
                kind=asked.validated_data["kind"],
                member_ids=asked.validated_data["members"],
                title=asked.validated_data["title"],
                handle=asked.validated_data["handle"],
                now=timezone.now(),
            )
        conversation = selectors.get_conversation(user_id=caller_of(request), conversation_id=conversation_id)
        return Response(ConversationSerializer(conversation).data, status=201 if is_new else 200)


class MessageList(ListAPIView):  # type: ignore[type-arg]
    serializer_class = MessageSerializer
    pagination_class = MessagePages
    filterset_class = MessageFilter

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return selectors.list_no_messages()
        return selectors.list_messages(user_id=caller_of(self.request), conversation_id=self.kwargs["conversation_id"])

    @extend_schema(
        operation_id="conversations_messages_list",
        summary="List the messages of a conversation, in their order",
        parameters=[
            OpenApiParameter("conversation_id", uuid.UUID, OpenApiParameter.PATH),
            OpenApiParameter("after_seq", int, description="Only messages with a greater `seq`."),
        ],
        examples=[OpenApiExample("Messages", value=MESSAGE, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class SearchPages(CursorPagination):
    ordering = ("-seq",)


class MessageSearch(ListAPIView):  # type: ignore[type-arg]
    serializer_class = MessageSerializer
    pagination_class = SearchPages
    filter_backends = []  # type: ignore[var-annotated]

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return selectors.list_no_messages()
        asked = SearchSerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        return search_messages(
            user_id=caller_of(self.request),
            conversation_id=self.kwargs["conversation_id"],
            words=asked.validated_data["q"],
            before_seq=asked.validated_data.get("before_seq"),
        )

    @extend_schema(
        operation_id="conversations_search",
        summary="Search a conversation, in Russian and in English",
        parameters=[
            OpenApiParameter("conversation_id", uuid.UUID, OpenApiParameter.PATH),
            OpenApiParameter("q", str, required=True, description='Words; "a phrase"; -without.'),
            OpenApiParameter("before_seq", int, description="Only messages with a smaller `seq`."),
        ],
        examples=[OpenApiExample("Messages", value=MESSAGE, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)
