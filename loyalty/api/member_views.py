"""Who runs a shop's programme, over the API."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.examples import shown_as
from common.api.known_members import KnownMembersOnly
from common.api.pagination import CursorPagination
from common.callers import caller_id
from common.transactions import use_case
from loyalty import selectors
from loyalty.models import ProjectMember
from loyalty.services.add_member import add_member
from loyalty.services.remove_member import remove_member
from loyalty.shop_selectors import list_members

MEMBER = {
    "id": "01997b1e-7d1a-7c52-9a51-0f6f3f0f5b21",
    "email": "anna@example.com",
    "name": "Anna",
    "role": "manager",
    "created_at": "2026-06-01T09:00:00Z",
}


@shown_as(MEMBER)
class ProjectMemberSerializer(serializers.ModelSerializer):
    """Somebody who runs the programme: owners change rules, keys and members, managers look."""

    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.display_name")

    class Meta:
        model = ProjectMember
        fields = list(MEMBER)


class NewProjectMemberInput(KnownMembersOnly, serializers.Serializer):
    """Somebody who has an account, by the address that they have proved."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=ProjectMember.Role.choices)


class OldestFirst(CursorPagination):
    ordering = ("created_at", "id")


@extend_schema_view(get=extend_schema(summary="List a project's members"))
class ProjectMembersView(ListAPIView):
    """Members, the first of them first."""

    serializer_class = ProjectMemberSerializer
    pagination_class = OldestFirst

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return ProjectMember.objects.none()
        return list_members(user_id=caller_id(self.request), project_id=self.kwargs["project_id"])

    @extend_schema(
        summary="Add a member to a project",
        request=NewProjectMemberInput,
        responses={201: ProjectMemberSerializer},
        examples=[
            OpenApiExample("Manager", value={"email": "anna@example.com", "role": "manager"}, request_only=True),
        ],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        actor_id = caller_id(request)
        project = selectors.get_owned_project(user_id=actor_id, project_id=project_id)
        given = NewProjectMemberInput(data=request.data)
        given.is_valid(raise_exception=True)
        with use_case():
            member = add_member(project=project, actor_id=actor_id, **given.validated_data)
        return Response(ProjectMemberSerializer(member).data, status=201)


class ProjectMemberView(APIView):
    """One membership."""

    @extend_schema(summary="Remove a member from a project, or leave it", responses={204: None})
    def delete(self, request: Request, project_id: UUID, member_id: UUID) -> Response:
        with use_case():
            remove_member(project_id=project_id, actor_id=caller_id(request), member_id=member_id)
        return Response(status=204)
