"""An event's crew."""

import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.known_members import KnownMembersOnly
from common.transactions import use_case
from events.api.examples import answered, sent
from events.api.views import EventEndpoint
from events.models.crew import MOST_OF_A_ROLE, CrewAssignment
from events.selectors.crew import get_crew
from events.services.ask_crew_again import ask_crew_again
from events.services.request_crew import request_crew

CREW = {
    "roles": [{"role": "captain", "wanted": 1, "assigned": 1, "missing": 0}],
    "members": [
        {
            "person_id": "0197a2b0-5c1e-7d3a-9f4b-2f6f0c9f1a77",
            "name": "Ирина Ветрова",
            "role": "captain",
            "status": "assigned",
            "reason": "",
            "told_at": "2030-06-01T09:00:00Z",
        }
    ],
}


class RoleInput(KnownMembersOnly):
    """A role, as the crew service names it, and how many people."""

    role = serializers.CharField(max_length=40)
    wanted = serializers.IntegerField(min_value=1, max_value=MOST_OF_A_ROLE)


class CrewInput(KnownMembersOnly):
    """The whole crew that the event needs; no roles: none."""

    roles = RoleInput(many=True, max_length=20)  # type: ignore[call-arg]  # the stubs know no many=True

    def validate_roles(self, roles: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({one["role"] for one in roles}) < len(roles):
            raise serializers.ValidationError(_("Name each role once."), code="unique")
        return roles


class RoleSerializer(serializers.Serializer):
    role = serializers.CharField()
    wanted = serializers.IntegerField()
    assigned = serializers.IntegerField()
    missing = serializers.IntegerField()


class MemberSerializer(serializers.Serializer):
    """What came of what the crew service last said of a person."""

    person_id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.CharField()
    status = serializers.ChoiceField(choices=CrewAssignment.Status.choices)
    reason = serializers.ChoiceField(choices=CrewAssignment.Reason.choices, allow_blank=True)
    told_at = serializers.DateTimeField()


class CrewSerializer(serializers.Serializer):
    roles = RoleSerializer(many=True)
    members = MemberSerializer(many=True)


class CrewView(EventEndpoint):
    """Who works at the event."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="See an event's crew (organizer)",
        responses=CrewSerializer,
        examples=[answered(CREW)],
    )
    def get(self, request: Request, event_id: uuid.UUID) -> Response:
        return Response(CrewSerializer(get_crew(actor=self.actor, event_id=event_id)).data)

    @extend_schema(
        summary="Ask for a crew",
        description="Replaces what was asked for before. Who is assigned stays; who is missing is asked for by a fact.",
        request=CrewInput,
        responses=CrewSerializer,
        examples=[sent({"roles": [{"role": "captain", "wanted": 1}]}), answered(CREW)],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        parsed = CrewInput(data=request.data)
        parsed.is_valid(raise_exception=True)
        roles = {one["role"]: one["wanted"] for one in parsed.validated_data["roles"]}
        with use_case():
            request_crew(actor=self.actor, event_id=event_id, roles=roles, now=self.now)
        return Response(CrewSerializer(get_crew(actor=self.actor, event_id=event_id)).data)


class AskAgainView(EventEndpoint):
    """People who are still missing."""

    permission_classes = [IsAuthenticated]

    @extend_schema(
        summary="Ask once more for who is missing",
        description="States again what the crew lacks, for when nobody was free the first time.",
        request=None,
        responses=CrewSerializer,
        examples=[answered(CREW)],
    )
    def post(self, request: Request, event_id: uuid.UUID) -> Response:
        with use_case():
            ask_crew_again(actor=self.actor, event_id=event_id, now=self.now)
        return Response(CrewSerializer(get_crew(actor=self.actor, event_id=event_id)).data)
