"""Calendars to subscribe to, and what search engines read."""

import uuid

from django.conf import settings
from django.contrib.sitemaps import views as sitemaps
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from events.calendar_files import Entry, calendar_of
from events.calendar_links import user_of_link
from events.pages.presentation import url_of
from events.pages.sitemaps import SITEMAPS
from events.selectors.calendars import get_organizer_name, list_organizer_calendar, list_own_calendar

TYPE = "text/calendar; charset=utf-8"


@require_GET
@cache_control(public=True, max_age=900)
def organizer_calendar(request: HttpRequest, organizer_id: uuid.UUID) -> HttpResponse:
    """Give an organizer's coming events to a calendar program; addresses only where everybody may see them."""
    now = timezone.now()
    name = get_organizer_name(organizer_id=organizer_id)
    entries = [
        Entry(event=event, url=settings.PUBLIC_URL + url_of(event), shows_place=event.address_is_public)
        for event in list_organizer_calendar(organizer_id=organizer_id, now=now)
    ]
    return HttpResponse(calendar_of(entries, name=name, now=now), content_type=TYPE)


@require_GET
@cache_control(private=True, no_store=True)
def own_calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Give a person's booked and favourite events to whoever knows the secret link."""
    now = timezone.now()
    user_id = user_of_link(token)
    entries = [
        Entry(
            event=event,
            url=settings.PUBLIC_URL + url_of(event),
            shows_place=event.address_is_public or event.is_booked,
            is_tentative=not event.is_booked,
        )
        for event in list_own_calendar(user_id=user_id, now=now)
    ]
    return HttpResponse(calendar_of(entries, name="Aquastream", now=now), content_type=TYPE)


@require_GET
def sitemap_index(request: HttpRequest) -> HttpResponse:
    return sitemaps.index(request, sitemaps=SITEMAPS, sitemap_url_name="sitemap-section")


@require_GET
def sitemap_section(request: HttpRequest, section: str) -> HttpResponse:
    return sitemaps.sitemap(request, sitemaps=SITEMAPS, section=section)


@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    """Say where the map is, and what is of no use to a search engine."""
    lines = ["User-agent: *", "Disallow: /api/", "Disallow: /accounts/", f"Sitemap: {settings.PUBLIC_URL}/sitemap.xml"]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
