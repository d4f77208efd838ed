"""Say before the start whom a campaign would reach, and how long it would take."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.models import Campaign
from notifications.models.choices import Category
from notifications.segment_language import read_conditions
from notifications.selectors.segments import count_reachable, list_members

# Messages a second that workers and providers manage together where nothing else limits them.
UNLIMITED_PER_SECOND = 500


@dataclass(frozen=True, kw_only=True)
class ChannelPreview:
    """Of the members so many have an address in use, have consented (marketing), and haven't switched it off."""

    channel: str
    reachable: int
    duration: timedelta


@dataclass(frozen=True, kw_only=True)
class CampaignPreview:
    """`duration` is that of the slowest channel, or of the walk at the campaign's own pace."""

    members: int
    channels: list[ChannelPreview]
    duration: timedelta


def preview_campaign(*, campaign: Campaign, limits: dict[str, float], now: datetime) -> CampaignPreview:
    """Count members and reachable ones; `limits` are the providers' messages a second by channel, 0 for none."""
    members = list_members(conditions=read_conditions(campaign.segment.conditions), now=now)
    size = members.count()
    channels = []
    for channel in dict.fromkeys(campaign.channels):
        reachable = count_reachable(members=members, channel=channel, category=Category.MARKETING)
        seconds = reachable / (limits.get(channel) or UNLIMITED_PER_SECOND)
        channels.append(ChannelPreview(channel=channel, reachable=reachable, duration=timedelta(seconds=seconds)))
    walk = timedelta(seconds=size / campaign.per_second) if campaign.per_second else timedelta()
    duration = max([walk, *(one.duration for one in channels)])
    return CampaignPreview(members=size, channels=channels, duration=duration)
