"""Reads of notifications."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from accounts.models import User
from common.problems import NotFound
from events.models import Event
from events.models.lifecycle import Status as EventStatus
from notifications.models import (
    Campaign,
    ContactPoint,
    DigestChoice,
    InboxItem,
    NotificationEvent,
    NotificationJob,
    Preference,
    Recipient,
    Segment,
    ServiceSource,
    Suppression,
    TelegramBot,
    Template,
    TemplateVersion,
)
from notifications.models.choices import Channel
from notifications.models.inbox_item import InboxItemQuerySet
from notifications.segment_language import Conditions, leaves, membership

# Channels whose messages are as short as the inbox's: without a text of their own they use its text.
SPEAKS_AS_INBOX = frozenset({Channel.PUSH, Channel.TELEGRAM, Channel.WEBHOOK})

LIVE_UNREAD_SQL = """
    SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint,
           (SELECT count(*) FROM notifications_inboxitem AS item
            JOIN notifications_recipient AS recipient ON recipient.id = item.recipient_id
            WHERE recipient.kind = 'user' AND recipient.external_id = %s AND item.read_at IS NULL)
"""


def list_sources_of(*, account_id: Any) -> list[str]:
    """Return the sources that a service's account may speak for."""
    return sorted(ServiceSource.objects.filter(account_id=account_id).values_list("source", flat=True))


def list_granted_sources() -> set[str]:
    """Return the sources for which any service may speak."""
    return set(ServiceSource.objects.values_list("source", flat=True))


def get_event(*, sources: list[str], event_id: UUID) -> NotificationEvent:
    """Return an event of the caller's sources; of several the newest.

    Raises:
        NotFound: there is none.
    """
    event = NotificationEvent.objects.from_sources(sources).filter(event_id=event_id).order_by("-received_at").first()
    if event is None:
        raise NotFound()
    return event


def list_events(*, keys: list[tuple[str, UUID]]) -> QuerySet[NotificationEvent]:
    """Return the events that are stored under these sources and ids."""
    ids_by_source: dict[str, list[UUID]] = {}
    for source, event_id in keys:
        ids_by_source.setdefault(source, []).append(event_id)
    wanted = [Q(source=source, event_id__in=ids) for source, ids in ids_by_source.items()]
    return NotificationEvent.objects.filter(reduce(or_, wanted))


def list_jobs(*, sources: list[str]) -> QuerySet[NotificationJob]:
    """Return the jobs of the caller's events."""
    return NotificationJob.objects.of_sources(sources).select_related("event", "recipient")


def count_jobs_by_status(*, event: NotificationEvent, reason: str | None = None) -> dict[str, int]:
    """Return how many of an event's jobs (with that reason) stand where."""
    jobs = NotificationJob.objects.filter(event=event)
    if reason is not None:
        jobs = jobs.filter(reason=reason)
    counted = jobs.order_by().values_list("status").annotate(Count("id"))
    return dict(counted)


def list_accounts(*, user_ids: list[UUID]) -> QuerySet[User]:
    """Return our own accounts under these ids: contracts speak of users of other systems too."""
    return User.objects.active().filter(id__in=user_ids)


def has_account(*, user_id: UUID) -> bool:
    """Tell whether somebody has or had an account here under this id."""
    return User.objects.filter(id=user_id).exists()


def list_recipients_known_as(*, keys: list[tuple[str, UUID]]) -> QuerySet[Recipient]:
    """Return the recipients of these kinds and ids."""
    ids_by_kind: dict[str, list[UUID]] = {}
    for kind, external_id in keys:
        ids_by_kind.setdefault(kind, []).append(external_id)
    wanted = [Q(kind=kind, external_id__in=ids) for kind, ids in ids_by_kind.items()]
    return Recipient.objects.filter(reduce(or_, wanted)) if wanted else Recipient.objects.none()


def with_reach(recipients: QuerySet[Recipient]) -> QuerySet[Any]:
    """Return (kind, external id, id, locale, channels with an address in use, service that told) of recipients."""
    channels = ContactPoint.objects.active().filter(recipient=OuterRef("pk")).values("channel").distinct()
    return recipients.annotate(reach=ArraySubquery(channels)).values_list(
        "kind", "external_id", "id", "locale", "reach", "told_by_id"
    )


def get_recipient(*, user_id: UUID) -> Recipient:
    """Return the recipient of a user.

    Raises:
        NotFound
    """
    recipient = find_recipient(user_id=user_id)
    if recipient is None:
        raise NotFound()
    return recipient


def find_recipient(*, user_id: UUID) -> Recipient | None:
    """Return the recipient, if the user is one already."""
    return Recipient.objects.known_as(user_id).first()


def list_inbox(*, user_id: UUID) -> InboxItemQuerySet:
    """Return the user's inbox."""
    return InboxItem.objects.filter(recipient__kind=Recipient.Kind.USER, recipient__external_id=user_id)


def count_unread(*, user_id: UUID) -> int:
    """Return how many items of the inbox the user hasn't read."""
    return list_inbox(user_id=user_id).unread().count()


def get_live_unread(*, user_id: UUID) -> tuple[int, int]:
    """Return the time of the statement by the database's clock, in microseconds, and the count of unread items then."""
    with connection.cursor() as sql:
        sql.execute(LIVE_UNREAD_SQL, [user_id])
        version, unread = sql.fetchone()
    return version, unread


def list_push_subscriptions(*, user_id: UUID) -> QuerySet[ContactPoint]:
    """Return the browsers in which the user gets pushes."""
    return ContactPoint.objects.active().filter(
        channel="push", recipient__kind=Recipient.Kind.USER, recipient__external_id=user_id
    )


def list_webhooks(*, user_id: UUID) -> QuerySet[ContactPoint]:
    """Return the user's webhooks, those that were switched off too."""
    return ContactPoint.objects.filter(
        channel="webhook", recipient__kind=Recipient.Kind.USER, recipient__external_id=user_id
    )


def find_telegram_bot(*, project_id: UUID | None) -> TelegramBot | None:
    """Return the bot of a shop's project, the product's own for None."""
    return TelegramBot.objects.filter(project_id=project_id).first()


def is_telegram_linked(*, bot: TelegramBot, user_id: UUID) -> bool:
    """Tell whether the user gets messages in a chat with the bot."""
    chats = ContactPoint.objects.active().filter(channel="telegram", keys__bot=str(bot.id))
    return chats.filter(recipient__kind=Recipient.Kind.USER, recipient__external_id=user_id).exists()


def get_telegram_bot(*, bot_id: UUID) -> TelegramBot:
    """Return a bot.

    Raises:
        NotFound
    """
    bot = TelegramBot.objects.filter(id=bot_id).first()
    if bot is None:
        raise NotFound()
    return bot


def list_choices(*, recipient: Recipient) -> dict[tuple[str, str], bool]:
    """Return the recipient's stored choices by category and channel."""
    rows = Preference.objects.filter(recipient=recipient).values_list("category", "channel", "is_enabled")
    return {(category, channel): is_enabled for category, channel, is_enabled in rows}


def list_digests(*, recipient: Recipient) -> dict[str, str]:
    """Return the recipient's digests: the period by category."""
    return dict(DigestChoice.objects.filter(recipient=recipient).values_list("category", "period"))


def find_template(*, code: str) -> Template | None:
    """Return the template of a code, if it is defined."""
    return Template.objects.filter(code=code).first()


def list_templates(*, codes: Collection[str]) -> QuerySet[Template]:
    """Return the templates of these codes that are defined."""
    return Template.objects.filter(code__in=codes)


def list_published_channels(*, codes: Collection[str]) -> set[tuple[str, str]]:
    """Return the channels for which these templates have a text in use: (code, channel)."""
    published = TemplateVersion.objects.filter(template__code__in=codes, status=TemplateVersion.Status.PUBLISHED)
    spoken = set(published.values_list("template__code", "channel"))
    return spoken | {
        (code, other) for code, channel in spoken if channel == Channel.IN_APP for other in SPEAKS_AS_INBOX
    }


def list_known_segments(*, codes: Collection[str]) -> set[str]:
    """Return those of the codes that name a segment."""
    return set(Segment.objects.filter(code__in=codes).values_list("code", flat=True))


def find_text(*, code: str, channel: str, locale: str) -> TemplateVersion | None:
    """Return the text in use: the channel's own, else the inbox's where it may stand in; in the recipient's language,
    else in the other one.
    """
    channels = [channel, Channel.IN_APP] if channel in SPEAKS_AS_INBOX else [channel]
    published = TemplateVersion.objects.filter(
        template__code=code, channel__in=channels, status=TemplateVersion.Status.PUBLISHED
    )
    return min(
        published.order_by("locale"), key=lambda one: (one.channel != channel, one.locale != locale), default=None
    )


def find_template_version(*, version_id: UUID) -> TemplateVersion | None:
    """Return a text of a template, whether in use or not."""
    return TemplateVersion.objects.select_related("template").filter(id=version_id).first()


def get_template_version(*, version_id: UUID) -> TemplateVersion:
    """Return a text of a template.

    Raises:
        NotFound
    """
    version = find_template_version(version_id=version_id)
    if version is None:
        raise NotFound()
    return version


def list_texts_in_use(*, template: Template, channel: str) -> QuerySet[TemplateVersion]:
    """Return a template's published texts for a channel, by language."""
    published = TemplateVersion.objects.filter(
        template=template, channel=channel, status=TemplateVersion.Status.PUBLISHED
    )
    return published.select_related("template").order_by("locale")


def find_segment(*, code: str) -> Segment | None:
    """Return a named segment, if it is defined."""
    return Segment.objects.filter(code=code).first()


def list_members(*, conditions: Conditions, now: datetime) -> QuerySet[Recipient]:
    """Return the recipients who are in a segment."""
    return Recipient.objects.filter(membership(conditions, today=now.date()))


def list_contact_points(*, recipient_ids: Collection[UUID], channels: Collection[str]) -> QuerySet[ContactPoint]:
    """Return the addresses of many people, those too that are switched off."""
    found = ContactPoint.objects.filter(recipient_id__in=recipient_ids, channel__in=channels)
    return found.order_by("created_at", "id")


def list_refusals(*, recipient_ids: Collection[UUID]) -> set[tuple[UUID, str, str]]:
    """Return (recipient, category, channel) of what these people have switched off."""
    refused = Preference.objects.filter(recipient_id__in=recipient_ids, is_enabled=False)
    return set(refused.values_list("recipient_id", "category", "channel"))


def list_digest_choices(*, recipient_ids: Collection[UUID]) -> dict[tuple[UUID, str], str]:
    """Return the periods of these people's digests by (recipient, category)."""
    rows = DigestChoice.objects.filter(recipient_id__in=recipient_ids).values_list("recipient_id", "category", "period")
    return {(recipient_id, category): period for recipient_id, category, period in rows}


def list_suppressed(*, keys: Collection[tuple[str, bytes]]) -> frozenset[tuple[str, bytes]]:
    """Return those of the (channel, hash of the address) pairs that stand on the suppression list."""
    hashes = [address_hash for _, address_hash in keys]
    rows = Suppression.objects.filter(address_hash__in=hashes).values_list("channel", "address_hash")
    return frozenset((channel, bytes(address_hash)) for channel, address_hash in rows) & frozenset(keys)


def count_marketing_sent(*, recipient_ids: Collection[UUID], since: datetime) -> dict[tuple[UUID, str], int]:
    """Return how many marketing messages each recipient got through each channel since then."""
    sent = NotificationJob.objects.filter(
        recipient_id__in=recipient_ids,
        category="marketing",
        status__in=[NotificationJob.Status.SENT, NotificationJob.Status.DELIVERED],
        created_at__gte=since,
    )
    rows = sent.order_by().values_list("recipient_id", "channel").annotate(Count("id"))
    return {(recipient_id, channel): count for recipient_id, channel, count in rows}


def explain_membership(*, conditions: Conditions, recipient_id: UUID, now: datetime) -> list[tuple[str, bool]]:
    """Return for each member of the conditions whether it holds for the recipient, by the same filters, in one query."""
    asked = leaves(conditions, today=now.date())
    holds = {
        f"leaf_{number}": ExpressionWrapper(leaf, output_field=BooleanField()) for number, (_, leaf) in enumerate(asked)
    }
    person = Recipient.objects.filter(id=recipient_id)
    answers = person.annotate(**holds).values_list(*holds).first() if holds else ()
    # Of what isn't known the database says NULL.
    return [(name, bool(answer)) for (name, _), answer in zip(asked, answers or (), strict=True)]


def list_segments() -> QuerySet[Segment]:
    """Return all segments by their names."""
    return Segment.objects.order_by("code")


def count_reachable(*, members: QuerySet[Recipient], channel: str, category: str) -> int:
    """Return how many of the members a message of the category would go out to through the channel."""
    refused = Preference.objects.filter(recipient=OuterRef("pk"), category=category, channel=channel, is_enabled=False)
    reachable = members.filter(~Exists(refused))
    if category == "marketing":
        reachable = reachable.filter(marketing_consent_at__isnull=False)
    if channel != Channel.IN_APP:
        reachable = reachable.filter(
            Exists(ContactPoint.objects.active().filter(recipient=OuterRef("pk"), channel=channel))
        )
    return reachable.count()


def list_mailings_under_way(*, now: datetime) -> QuerySet[NotificationEvent]:
    """Return the audiences that are being told, or were until a day ago, and that nothing but their canary holds."""
    running = NotificationEvent.objects.filter(
        Q(status=NotificationEvent.Status.PLANNING)
        | Q(status=NotificationEvent.Status.PLANNED, planned_at__gte=now - timedelta(days=1)),
        walk_began_at__isnull=False,
        pause_reason__in=["", NotificationEvent.PauseReason.CANARY],
    )
    return running.select_related("campaign").order_by("walk_began_at")


def list_campaigns() -> QuerySet[Campaign]:
    """Return all campaigns with what says where they stand."""
    return Campaign.objects.select_related("template", "segment", "event")


def find_campaign(*, campaign_id: UUID) -> Campaign | None:
    """Return a campaign, if there is one."""
    return list_campaigns().filter(id=campaign_id).first()


def get_campaign(*, campaign_id: UUID) -> Campaign:
    """Return a campaign.

    Raises:
        NotFound
    """
    campaign = find_campaign(campaign_id=campaign_id)
    if campaign is None:
        raise NotFound()
    return campaign


def has_unfinished_jobs(*, event: NotificationEvent) -> bool:
    """Tell whether any message of a mailing may still go out."""
    return NotificationJob.objects.unfinished().filter(event=event).exists()


def count_complaints(*, event: NotificationEvent) -> int:
    """Return how many complaints a mailing has led to."""
    return Suppression.objects.filter(job__event=event, reason=Suppression.Reason.COMPLAINT).count()


def count_results(*, event: NotificationEvent) -> list[tuple[str, str, int]]:
    """Return (channel, status, jobs) of a mailing."""
    counted = NotificationJob.objects.filter(event=event).order_by().values_list("channel", "status")
    return sorted(counted.annotate(Count("id")))


def find_end_of_event(*, event_id: UUID) -> datetime | None:
    """Return when an event of the catalogue ends."""
    return Event.objects.filter(id=event_id).values_list("ends_at", flat=True).first()


def list_events_to_remind_of(*, begins_after: datetime, begins_until: datetime) -> QuerySet[Event]:
    """Return the published events that begin in that time."""
    coming = Event.objects.filter(status=EventStatus.PUBLISHED, starts_at__gt=begins_after, starts_at__lte=begins_until)
    return coming.order_by("starts_at")
