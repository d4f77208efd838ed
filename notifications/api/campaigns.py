"""REST endpoints of campaigns, for staff: how far each is, and its four buttons."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.permissions import HasFreshSecondFactor
from common.callers import caller_id
from common.transactions import use_case
from notifications.api import serializers
from notifications.api.permissions import MayReadCampaigns, MayRunCampaigns
from notifications.selectors.mailings import count_results, get_campaign, list_campaigns
from notifications.services.control_campaign import begin_campaign, cancel_campaign, pause_campaign, resume_campaign

TAG = ["notifications"]


@extend_schema(tags=TAG, summary="List campaigns, the newest first")
class CampaignsView(ListAPIView[Any]):
    permission_classes = [IsAuthenticated, MayReadCampaigns]
    serializer_class = serializers.CampaignSerializer

    def get_queryset(self) -> Any:
        return list_campaigns()


class CampaignView(APIView):
    permission_classes = [IsAuthenticated, MayReadCampaigns]

    @extend_schema(
        tags=TAG,
        summary="See how far a campaign is",
        description="`recipients_planned` of `audience_size` have their messages planned (`progress_percent`); `sending` "
        "tells how many messages have come to an end, `results` counts them by channel and status. `state` is `finished` "
        "once nothing may go out any more. While something holds it, `pause_reason` says what.",
        responses=serializers.CampaignProgressSerializer,
    )
    def get(self, request: Request, campaign_id: UUID) -> Response:
        return progress_of(get_campaign(campaign_id=campaign_id))


class CampaignStep(APIView):
    """A button: one service call, and where the campaign stands then."""

    permission_classes = [IsAuthenticated, MayRunCampaigns, HasFreshSecondFactor]
    step: ClassVar[Callable[..., Any]]

    def post(self, request: Request, campaign_id: UUID) -> Response:
        with use_case():
            campaign = type(self).step(campaign_id=campaign_id, actor_id=caller_id(request), now=timezone.now())
        return progress_of(campaign)


def says(*, summary: str, description: str) -> Callable[[type[CampaignStep]], type[CampaignStep]]:
    """Document a button."""
    words = extend_schema(
        tags=TAG,
        summary=summary,
        description=description,
        request=None,
        responses=serializers.CampaignProgressSerializer,
    )
    return extend_schema_view(post=words)


@says(
    summary="Start a campaign",
    description="Its canary goes first. It starts once: the second request is answered 409.",
)
class StartView(CampaignStep):
    step = begin_campaign


@says(
    summary="Hold a campaign",
    description="Nothing more is planned, and what is planned isn't sent; what a worker is sending goes out.",
)
class PauseView(CampaignStep):
    # Whoever sees it going wrong must not look for a phone first.
    permission_classes = [IsAuthenticated, MayRunCampaigns]
    step = pause_campaign


@says(
    summary="Let a held campaign go on",
    description="Whatever has held it: a person, the end of its canary, too many failures or complaints.",
)
class ResumeView(CampaignStep):
    step = resume_campaign


@says(
    summary="End a campaign for good",
    description="What hasn't gone out is kept from going out.",
)
class CancelView(CampaignStep):
    step = cancel_campaign


def progress_of(campaign: Any) -> Response:
    results = count_results(event=campaign.event) if campaign.event else []
    return Response(serializers.CampaignProgressSerializer(campaign, context={"results": results}).data)
