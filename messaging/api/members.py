"""REST of what happens to a conversation: who is in it, who is asked, what a member decides alone."""

import uuid
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.pagination import CursorPagination
from common.problems import NotFound
from common.transactions import use_case
from messaging import wiring
from messaging.adapters.orm import selectors
from messaging.adapters.orm.reports import report_message
from messaging.api import serializers as shapes
from messaging.api.callers import caller_of
from messaging.api.examples import MEMBER
from messaging.api.filters import MemberFilter
from messaging.application.open_conversation import NotAcquainted, PersonNotFound
from messaging.application.rooms.refusals import ConversationFull, LeadersOnly, WrongKind
from messaging.domain.conversations import LISTED_MEMBERS

CHANGED = {200: shapes.ConversationSerializer}


def parsed(serializer: Any) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def shown(request: Request, conversation_id: uuid.UUID) -> Response:
    conversation = selectors.get_conversation(user_id=caller_of(request), conversation_id=conversation_id)
    return Response(shapes.ConversationSerializer(conversation).data)


class MemberPages(CursorPagination):
    ordering = ("joined_at", "id")


class MemberList(ListAPIView):  # type: ignore[type-arg]
    further_problems: ClassVar = {
        "get": (NotFound,),
        "post": (NotFound, WrongKind, LeadersOnly, PersonNotFound, NotAcquainted, ConversationFull),
    }
    serializer_class = shapes.ConversationMemberSerializer
    pagination_class = MemberPages
    filterset_class = MemberFilter

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return selectors.list_no_members()
        return selectors.list_members(user_id=caller_of(self.request), conversation_id=self.kwargs["conversation_id"])

    @extend_schema(
        operation_id="conversations_members_list",
        summary="List who is in a conversation, the first to come first",
        description=f"The conversation itself lists the first {LISTED_MEMBERS}.",
        parameters=[
            OpenApiParameter("conversation_id", uuid.UUID, OpenApiParameter.PATH),
            OpenApiParameter("user", uuid.UUID, description="Only this member."),
        ],
        examples=[OpenApiExample("Members", value=MEMBER, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="conversations_members_add",
        summary="Add people to a group that you lead",
        request=shapes.MembersSerializer,
        responses=CHANGED,
        examples=[
            OpenApiExample("People", value={"members": ["0199a1b2-0000-7000-8000-000000000002"]}, request_only=True)
        ],
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        asked = parsed(shapes.MembersSerializer(data=request.data))
        with use_case():
            wiring.add_members(
                actor_id=caller_of(request),
                conversation_id=conversation_id,
                user_ids=asked["members"],
                now=timezone.now(),
            )
        return shown(request, conversation_id)


class MemberView(APIView):
    further_problems: ClassVar = {
        "patch": (NotFound, WrongKind, LeadersOnly),
        "delete": (NotFound, WrongKind, LeadersOnly),
    }

    @extend_schema(
        operation_id="conversations_members_change",
        summary="Give a member of your group another role",
        request=shapes.RoleSerializer,
        responses=CHANGED,
        examples=[OpenApiExample("Administrator", value={"role": "admin"}, request_only=True)],
    )
    def patch(self, request: Request, conversation_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        asked = parsed(shapes.RoleSerializer(data=request.data))
        with use_case():
            wiring.change_role(
                actor_id=caller_of(request), conversation_id=conversation_id, user_id=user_id, role=asked["role"]
            )
        return shown(request, conversation_id)

    @extend_schema(
        operation_id="conversations_members_remove",
        summary="Leave a conversation, or remove somebody from one that you lead",
        responses={204: None},
    )
    def delete(self, request: Request, conversation_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        with use_case():
            wiring.remove_member(
                actor_id=caller_of(request), conversation_id=conversation_id, user_id=user_id, now=timezone.now()
            )
        return Response(status=204)


class InvitationView(APIView):
    further_problems: ClassVar = {
        "post": (NotFound, WrongKind, LeadersOnly),
        "delete": (NotFound, WrongKind, LeadersOnly),
    }

    @extend_schema(
        operation_id="conversations_invitation_renew",
        summary="Make a new invitation to your group; the old one opens nothing any more",
        request=None,
        responses={201: shapes.InvitationSerializer},
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        invitation = wiring.new_invitation()
        with use_case():
            wiring.renew_invitation(actor_id=caller_of(request), conversation_id=conversation_id, invitation=invitation)
        return Response({"invitation": invitation}, status=201, headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="conversations_invitation_end",
        summary="End the invitation to your group",
        responses={204: None},
    )
    def delete(self, request: Request, conversation_id: uuid.UUID) -> Response:
        with use_case():
            wiring.renew_invitation(actor_id=caller_of(request), conversation_id=conversation_id, invitation="")
        return Response(status=204)


class JoinView(APIView):
    further_problems: ClassVar = {"post": (NotFound, ConversationFull)}

    @extend_schema(
        operation_id="conversations_join",
        summary="Join a group by its invitation",
        request=shapes.InvitationSerializer,
        responses=CHANGED,
    )
    def post(self, request: Request) -> Response:
        asked = parsed(shapes.InvitationSerializer(data=request.data))
        with use_case():
            conversation_id = wiring.join_group(
                actor_id=caller_of(request), invitation=asked["invitation"], now=timezone.now()
            )
        return shown(request, conversation_id)


class AcceptView(APIView):
    further_problems: ClassVar = {"post": (NotFound,)}

    @extend_schema(
        operation_id="conversations_accept", summary="Accept a stranger's request", request=None, responses={204: None}
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        with use_case():
            wiring.answer_request.accept(actor_id=caller_of(request), conversation_id=conversation_id)
        return Response(status=204)


class DeclineView(APIView):
    further_problems: ClassVar = {"post": (NotFound,)}

    @extend_schema(
        operation_id="conversations_decline",
        summary="Decline a stranger's request: nobody writes there any more",
        request=None,
        responses={204: None},
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        with use_case():
            wiring.answer_request.decline(actor_id=caller_of(request), conversation_id=conversation_id)
        return Response(status=204)


class MarkView(APIView):
    further_problems: ClassVar = {"patch": (NotFound, WrongKind)}

    @extend_schema(
        operation_id="conversations_mark",
        summary="Mute a conversation, or block the other side of a direct one",
        request=shapes.MarkSerializer,
        responses={204: None},
        examples=[OpenApiExample("Mute", value={"is_muted": True}, request_only=True)],
    )
    def patch(self, request: Request, conversation_id: uuid.UUID) -> Response:
        asked = parsed(shapes.MarkSerializer(data=request.data))
        who = {"actor_id": caller_of(request), "conversation_id": conversation_id}
        with use_case():
            if "is_muted" in asked:
                wiring.mark_conversation.mute(**who, is_muted=asked["is_muted"])
            if "has_blocked" in asked:
                wiring.mark_conversation.block(**who, has_blocked=asked["has_blocked"])
        return Response(status=204)


class ReportView(APIView):
    @extend_schema(
        operation_id="conversations_report",
        summary="Report a message to the moderators",
        request=shapes.ReportSerializer,
        responses={201: shapes.ReportSerializer},
        examples=[OpenApiExample("Spam", value={"seq": 12, "reason": "spam", "comment": ""})],
    )
    def post(self, request: Request, conversation_id: uuid.UUID) -> Response:
        asked = parsed(shapes.ReportSerializer(data=request.data))
        with use_case():
            report = report_message(user_id=caller_of(request), conversation_id=conversation_id, **asked)
        return Response(shapes.ReportSerializer(report).data, status=201)
