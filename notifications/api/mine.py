"""REST endpoints of a user's own notifications."""

from datetime import time
from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.transactions import use_case
from notifications.api import serializers
from notifications.api.examples import PUSH_SUBSCRIPTION
from notifications.selectors.addresses import list_push_subscriptions
from notifications.selectors.inbox import count_unread, list_inbox
from notifications.selectors.people import find_recipient
from notifications.services.make_vapid_key import make_vapid_key
from notifications.services.read_inbox import read_inbox
from notifications.services.remove_push_subscription import remove_push_subscription
from notifications.services.save_preferences import Wishes, digests_of, matrix, save_preferences
from notifications.services.save_push_subscription import save_push_subscription
from notifications.services.unsubscribe import unsubscribe
from notifications.unsubscribe_links import read_token

TAG = ["my notifications"]
CHOICES = {"categories": {"marketing": {"email": False}}, "quiet_hours": {"begin": "22:00", "end": "08:00"}}


@extend_schema(tags=TAG, summary="Read my inbox, the newest first")
class InboxView(ListAPIView[Any]):
    serializer_class = serializers.InboxItemSerializer

    def get_queryset(self) -> Any:
        return list_inbox(user_id=_me(self.request))


class UnreadView(APIView):
    @extend_schema(tags=TAG, summary="Count what I haven't read", responses=serializers.UnreadSerializer)
    def get(self, request: Request) -> Response:
        return Response({"unread": count_unread(user_id=_me(request))})


class ReadView(APIView):
    @extend_schema(
        tags=TAG,
        summary="Mark items of my inbox as read",
        request=serializers.ReadSerializer,
        responses=serializers.UnreadSerializer,
        examples=[OpenApiExample("Everything", value={}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        asked = serializers.ReadSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with use_case():
            read_inbox(user_id=_me(request), item_ids=asked.validated_data.get("ids"), now=timezone.now())
        return Response({"unread": count_unread(user_id=_me(request))})


class PreferencesView(APIView):
    @extend_schema(tags=TAG, summary="See what I get, and how", responses=serializers.PreferencesSerializer)
    def get(self, request: Request) -> Response:
        return Response(_preferences(_me(request)))

    @extend_schema(
        tags=TAG,
        summary="Change what I get, and how",
        request=serializers.PreferencesSerializer,
        responses=serializers.PreferencesSerializer,
        examples=[OpenApiExample("No marketing mails, quiet nights", value=CHOICES, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        asked = serializers.PreferencesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with use_case():
            save_preferences(user_id=_me(request), wishes=_wishes(asked.validated_data), now=timezone.now())
        return Response(_preferences(_me(request)))


class PushSubscriptionsView(APIView):
    @extend_schema(
        tags=TAG,
        summary="List the browsers in which I get pushes",
        responses=serializers.PushSubscriptionStateSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        mine = list_push_subscriptions(user_id=_me(request)).order_by("created_at", "id")
        return Response(serializers.PushSubscriptionStateSerializer(mine, many=True).data)

    @extend_schema(
        tags=TAG,
        summary="Send pushes to this browser",
        request=serializers.PushSubscriptionSerializer,
        responses={201: serializers.PushSubscriptionStateSerializer},
        examples=[OpenApiExample("A browser", value=PUSH_SUBSCRIPTION, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        asked = serializers.PushSubscriptionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with use_case():
            subscription = save_push_subscription(
                user_id=_me(request),
                endpoint=asked.validated_data["endpoint"],
                **asked.validated_data["keys"],
                now=timezone.now(),
            )
        return Response(serializers.PushSubscriptionStateSerializer(subscription).data, status=201)


class PushSubscriptionView(APIView):
    @extend_schema(tags=TAG, summary="Send no more pushes to a browser", responses={204: None})
    def delete(self, request: Request, subscription_id: UUID) -> Response:
        with use_case():
            remove_push_subscription(user_id=_me(request), subscription_id=subscription_id)
        return Response(status=204)


class PushKeyView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(tags=TAG, summary="Get the key to subscribe to pushes with", responses=serializers.PushKeySerializer)
    def get(self, request: Request) -> Response:
        with use_case():
            key = make_vapid_key()
        return Response({"public_key": key.public_key})


class UnsubscribeView(APIView):
    """Carries its right in the link: neither a session nor a token is looked at."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=TAG, summary="See what an unsubscribe link is about", responses=serializers.UnsubscribingSerializer
    )
    def get(self, request: Request, token: str) -> Response:
        link = read_token(token)
        return Response({"category": link.category, "channel": link.channel})

    @extend_schema(tags=TAG, summary="Unsubscribe by a link", request=None, responses={204: None})
    def post(self, request: Request, token: str) -> Response:
        with use_case():
            unsubscribe(token=token)
        return Response(status=204)


def _me(request: Request) -> UUID:
    """Return who asks; guests don't come this far."""
    return cast("UUID", request.user.pk)


def _preferences(user_id: UUID) -> dict[str, Any]:
    recipient = find_recipient(user_id=user_id)
    hours = recipient.quiet_hours if recipient else None
    return {
        "categories": matrix(recipient),
        "marketing_consent": bool(recipient and recipient.marketing_consent_at),
        "digests": digests_of(recipient),
        "quiet_hours": {"begin": f"{hours[0]:%H:%M}", "end": f"{hours[1]:%H:%M}"} if hours else None,
    }


def _wishes(asked: dict[str, Any]) -> Wishes:
    quiet: tuple[time, time] | tuple[()] | None = None
    if "quiet_hours" in asked:
        given = asked["quiet_hours"]
        quiet = (given["begin"], given["end"]) if given else ()
    choices = {
        (category, channel): is_enabled
        for category, channels in asked.get("categories", {}).items()
        for channel, is_enabled in channels.items()
    }
    return Wishes(
        choices=choices,
        marketing_consent=asked.get("marketing_consent"),
        quiet_hours=quiet,
        digests=asked.get("digests", {}),
    )
