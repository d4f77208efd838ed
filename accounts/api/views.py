"""Tokens, the caller's own account, organizers and their members."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import selectors
from accounts.api import serializers as shapes
from accounts.api.passwords import check_password
from accounts.api.permissions import IsProvedLately
from accounts.scopes import ACCOUNT
from accounts.second_factor import Token, remember_second_factor
from accounts.services.add_member import add_member
from accounts.services.change_organizer import change_organizer
from accounts.services.change_profile import change_profile
from accounts.services.check_code import check_code
from accounts.services.create_organizer import create_organizer
from accounts.services.erase_account import erase_account
from accounts.services.issue_token import issue_token
from accounts.services.remove_member import remove_member
from accounts.services.revoke_token import revoke_token
from accounts.services.step_up_token import step_up_token
from common.api.pagination import CursorPagination
from common.callers import caller_id
from common.transactions import in_use_case, use_case

EXAMPLE_TOKEN = {
    "id": "0199a3c2-5b7e-7c31-9d0f-6d2b8a5e4f10",
    "name": "my script",
    "scopes": ["account", "read", "write"],
    "created_at": "2026-06-01T09:00:00Z",
    "expires_at": "2026-07-01T09:00:00Z",
    "last_used_at": None,
    "second_factor_at": None,
}
EXAMPLE_ME = {
    "id": "0199a3c2-5b7e-7c31-9d0f-6d2b8a5e4f11",
    "email": "anna@example.com",
    "email_verified_at": "2026-06-01T09:00:00Z",
    "display_name": "Анна",
    "handle": "anna",
    "phone": "+79161234567",
    "locale": "ru",
    "time_zone": "Europe/Moscow",
    "birth_on": "1990-04-12",
    "is_staff": False,
    "created_at": "2026-06-01T08:58:00Z",
}
EXAMPLE_ORGANIZER = {
    "id": "0199a3c2-5b7e-7c31-9d0f-6d2b8a5e4f12",
    "name": "Большая вода",
    "slug": "bolshaia-voda",
    "description": "Сплавы по рекам Алтая.",
    "contact_email": "hello@bolshaia-voda.example",
    "approved_at": None,
    "created_at": "2026-06-01T09:00:00Z",
}
EXAMPLE_MEMBER = {
    "id": "0199a3c2-5b7e-7c31-9d0f-6d2b8a5e4f13",
    "user_id": "0199a3c2-5b7e-7c31-9d0f-6d2b8a5e4f11",
    "email": "anna@example.com",
    "display_name": "Анна",
    "role": "manager",
    "created_at": "2026-06-01T09:00:00Z",
}


class NewestTokenFirst(CursorPagination):
    ordering = ("-created", "-id")


class ByName(CursorPagination):
    ordering = ("name", "id")


class OldestFirst(CursorPagination):
    ordering = ("created_at", "id")


@extend_schema(tags=["accounts"])
class TokensView(generics.ListAPIView[Any]):
    """Tokens of the caller; making one takes e-mail and password instead of a token."""

    serializer_class = shapes.TokenSerializer
    pagination_class = NewestTokenFirst
    token_scope = ACCOUNT

    def get_authenticators(self) -> list[BaseAuthentication]:
        if getattr(self.request, "method", None) == "POST":
            return []
        return super().get_authenticators()

    def get_permissions(self) -> list[Any]:
        if self.request.method == "POST":
            return [AllowAny()]
        return list(super().get_permissions())

    def get_queryset(self) -> QuerySet[Any]:
        return selectors.list_tokens_of(user_id=caller_id(self.request))

    @extend_schema(
        summary="List my tokens", examples=[OpenApiExample("Tokens", value=EXAMPLE_TOKEN, response_only=True)]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Make a token",
        description="An account with a second factor also sends its code (or a backup code) in `otp_code`.",
        request=shapes.TokenRequestSerializer,
        responses={201: shapes.NewTokenSerializer},
        auth=[],
        examples=[
            OpenApiExample(
                "Sign in",
                value={"email": "anna@example.com", "password": "a long pass phrase", "name": "my script"},
                request_only=True,
            ),
            OpenApiExample("Token", value={"token": "aqs_0c1f…", **EXAMPLE_TOKEN}, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        given = parsed(shapes.TokenRequestSerializer(data=request.data))
        user = check_password(request, email=given["email"], password=given["password"])
        token, text = issue_token(
            user_id=user.id,
            code=given["otp_code"],
            name=given["name"],
            scopes=sorted(given["scopes"]),
            lifetime_days=given["expires_in_days"],
            now=timezone.now(),
        )
        token.token = text
        return Response(shapes.NewTokenSerializer(token).data, status=201, headers={"Cache-Control": "no-store"})


@extend_schema(tags=["accounts"])
class TokenView(APIView):
    token_scope = ACCOUNT

    @extend_schema(summary="Revoke a token", responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        with use_case():
            revoke_token(user_id=caller_id(request), token_id=token_id)
        return Response(status=204)


@extend_schema(tags=["accounts"])
class StepUpView(APIView):
    """For what asks for a code that is at most 15 minutes old."""

    token_scope = ACCOUNT

    @extend_schema(
        summary="Give a fresh code of my second factor",
        request=shapes.CodeSerializer,
        responses={204: None},
        examples=[OpenApiExample("Code", value={"otp_code": "123456"}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        code = parsed(shapes.CodeSerializer(data=request.data))["otp_code"]
        now = timezone.now()
        if isinstance(request.auth, Token):
            step_up_token(token=request.auth, code=code, now=now)
        else:
            device = check_code(user_id=caller_id(request), code=code, now=now)
            remember_second_factor(request._request, device, now)
        return Response(status=204)


@extend_schema(tags=["accounts"])
class MeView(APIView):
    @property
    def token_scope(self) -> str | None:
        """Ask for ACCOUNT where the account itself ends."""
        return ACCOUNT if self.request.method == "DELETE" else None

    def get_permissions(self) -> list[Any]:
        permissions = list(super().get_permissions())
        return [*permissions, IsProvedLately()] if self.request.method == "DELETE" else permissions

    @extend_schema(
        summary="Read my profile",
        responses=shapes.MeSerializer,
        examples=[OpenApiExample("Me", value=EXAMPLE_ME, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        return Response(shapes.MeSerializer(selectors.get_user(user_id=caller_id(request))).data)

    @extend_schema(
        summary="Change my profile",
        request=shapes.MeSerializer(partial=True),
        responses=shapes.MeSerializer,
        examples=[
            OpenApiExample("Another city", value={"time_zone": "Asia/Novosibirsk"}, request_only=True),
            OpenApiExample("Me", value=EXAMPLE_ME, response_only=True),
        ],
    )
    @in_use_case
    def patch(self, request: Request) -> Response:
        changes = parsed(shapes.MeSerializer(data=request.data, partial=True))
        user = change_profile(user_id=caller_id(request), changes=changes, now=timezone.now())
        return Response(shapes.MeSerializer(user).data)

    @extend_schema(
        summary="Erase my account for good",
        description=(
            "Asked for with `confirm=erase`, with a fresh code by whoever has a second factor, by others with a token or soon "
            "after signing in. What was bought and paid stays, without a name. Bookings ahead, and organizers without another owner, are to be settled "
            "before."
        ),
        parameters=[shapes.ErasureSerializer],
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        parsed(shapes.ErasureSerializer(data=request.query_params))
        with use_case():
            erase_account(user_id=caller_id(request), now=timezone.now())
        return Response(status=204)


@extend_schema(tags=["organizers"])
class OrganizersView(generics.ListAPIView[Any]):
    serializer_class = shapes.OrganizerSerializer
    pagination_class = ByName

    def get_queryset(self) -> QuerySet[Any]:
        return selectors.list_organizers_of(user_id=caller_id(self.request))

    @extend_schema(
        summary="List the organizers that I am a member of",
        examples=[OpenApiExample("Organizers", value=EXAMPLE_ORGANIZER, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Create an organizer",
        description="The caller becomes its owner. Paid events wait until an administrator has approved it.",
        request=shapes.OrganizerSerializer,
        responses={201: shapes.OrganizerSerializer},
        examples=[
            OpenApiExample(
                "New",
                value={"name": "Большая вода", "contact_email": "hello@bolshaia-voda.example"},
                request_only=True,
            ),
            OpenApiExample("Organizer", value=EXAMPLE_ORGANIZER, response_only=True),
        ],
    )
    @in_use_case
    def post(self, request: Request) -> Response:
        given = parsed(shapes.OrganizerSerializer(data=request.data))
        given.setdefault("description", "")
        organizer = create_organizer(actor_id=caller_id(request), **given)
        return Response(shapes.OrganizerSerializer(organizer).data, status=201)


@extend_schema(tags=["organizers"])
class OrganizerView(APIView):
    @extend_schema(
        summary="Read an organizer of mine",
        responses=shapes.OrganizerSerializer,
        examples=[OpenApiExample("Organizer", value=EXAMPLE_ORGANIZER, response_only=True)],
    )
    def get(self, request: Request, organizer_id: UUID) -> Response:
        organizer = selectors.get_organizer_of(user_id=caller_id(request), organizer_id=organizer_id)
        return Response(shapes.OrganizerSerializer(organizer).data)

    @extend_schema(
        summary="Change an organizer of mine",
        request=shapes.OrganizerChangesSerializer(partial=True),
        responses=shapes.OrganizerSerializer,
        examples=[
            OpenApiExample("Another name", value={"name": "Высокая вода"}, request_only=True),
            OpenApiExample("Organizer", value=EXAMPLE_ORGANIZER, response_only=True),
        ],
    )
    @in_use_case
    def patch(self, request: Request, organizer_id: UUID) -> Response:
        changes = parsed(shapes.OrganizerChangesSerializer(data=request.data, partial=True))
        organizer = change_organizer(actor_id=caller_id(request), organizer_id=organizer_id, changes=changes)
        return Response(shapes.OrganizerSerializer(organizer).data)


@extend_schema(tags=["organizers"])
class MembersView(generics.ListAPIView[Any]):
    serializer_class = shapes.OrganizerMemberSerializer
    pagination_class = OldestFirst
    token_scope = ACCOUNT

    def get_queryset(self) -> QuerySet[Any]:
        return selectors.list_members(organizer_id=self.kwargs.get("organizer_id"))

    @extend_schema(
        summary="List the members of an organizer of mine",
        examples=[OpenApiExample("Members", value=EXAMPLE_MEMBER, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        selectors.get_organizer_of(user_id=caller_id(request), organizer_id=kwargs["organizer_id"])
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Add a member to an organizer of mine",
        request=shapes.NewOrganizerMemberSerializer,
        responses={201: shapes.OrganizerMemberSerializer},
        examples=[
            OpenApiExample("Manager", value={"email": "anna@example.com", "role": "manager"}, request_only=True),
            OpenApiExample("Member", value=EXAMPLE_MEMBER, response_only=True),
        ],
    )
    @in_use_case
    def post(self, request: Request, organizer_id: UUID) -> Response:
        given = parsed(shapes.NewOrganizerMemberSerializer(data=request.data))
        member = add_member(actor_id=caller_id(request), organizer_id=organizer_id, **given)
        return Response(shapes.OrganizerMemberSerializer(member).data, status=201)


@extend_schema(tags=["organizers"])
class MemberView(APIView):
    token_scope = ACCOUNT

    @extend_schema(summary="Remove a member from an organizer, or leave it", responses={204: None})
    def delete(self, request: Request, organizer_id: UUID, member_id: UUID) -> Response:
        with use_case():
            remove_member(actor_id=caller_id(request), organizer_id=organizer_id, member_id=member_id)
        return Response(status=204)


def parsed(serializer: Any) -> Any:
    """Return the valid input."""
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
