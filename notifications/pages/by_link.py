"""Pages behind the links of a mail, for whoever reads it: no account is needed, the signed link is all the right."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from common.transactions import use_case
from notifications.pages.forms import OFFERS, PreferencesForm, channels_for, values_of
from notifications.pages.labels import category_label, channel_label
from notifications.selectors.addresses import list_channels_of
from notifications.selectors.people import get_recipient_by_id
from notifications.services.save_preferences import matrix
from notifications.services.save_preferences_by_link import save_preferences_by_link
from notifications.services.unsubscribe import subscribe_again, unsubscribe
from notifications.settings_links import read_settings_token, settings_url_for
from notifications.unsubscribe_links import Unsubscribing, read_token


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the link would end, and end it on POST: mail programs follow links, so GET never unsubscribes.

    The POST of RFC 8058 comes from the mail provider, without cookies; the signed link is all the right it needs.
    """
    link = read_token(token)
    if request.method == "POST":
        with use_case():
            unsubscribe(token=token)
    return _about(request, link, token, has_ended=request.method == "POST")


@csrf_exempt
@never_cache
@require_POST
def subscribe_again_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Take the unsubscribing back, by the same link."""
    link = read_token(token)
    with use_case():
        subscribe_again(token=token)
    _speak_as_the_mail(request, link.locale)
    messages.success(request, _("They come to you again."))
    return redirect("unsubscribe", token=token)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """What somebody without an account gets, how, and when not. Who has an account signs in."""
    link = read_settings_token(token)
    recipient = get_recipient_by_id(recipient_id=link.recipient_id)
    if recipient.may_sign_in:
        return redirect("notification_preferences")
    _speak_as_the_mail(request, link.locale)
    channels = channels_for(list_channels_of(recipient=recipient))
    form = PreferencesForm(request.POST or None, initial=values_of(recipient), channels=channels)
    if request.method == "POST" and form.is_valid():
        with use_case():
            save_preferences_by_link(recipient_id=link.recipient_id, wishes=form.wishes, now=timezone.now())
        messages.success(request, _("Your settings are saved."))
        return redirect("notification_settings_by_link", token=token)
    context = {"form": form, "zone": recipient.time_zone}
    return render(request, "notifications/preferences.html", context, status=400 if form.errors else 200)


def _about(request: HttpRequest, link: Unsubscribing, token: str, *, has_ended: bool) -> HttpResponse:
    recipient = get_recipient_by_id(recipient_id=link.recipient_id)
    _speak_as_the_mail(request, link.locale or recipient.locale)
    has_refused_offers = link.category == OFFERS and recipient.marketing_refused_at is not None
    context = {
        "category": category_label(link.category),
        "channel": channel_label(link.channel),
        "is_on": matrix(recipient)[link.category][link.channel] and not has_refused_offers,
        # A consent is given again on the page of settings only.
        "may_come_again": not has_refused_offers,
        "settings_url": settings_url_for(
            recipient_id=recipient.id, locale=link.locale or recipient.locale, may_sign_in=recipient.may_sign_in
        ),
        "token": token,
        "has_ended": has_ended,
    }
    return render(request, "notifications/unsubscribe.html", context)


def _speak_as_the_mail(request: HttpRequest, locale: str) -> None:
    """Answer in the language of the mail that led here, unless the reader has chosen one on this site."""
    known = dict(settings.LANGUAGES)
    if request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) not in known and locale in known:
        translation.activate(locale)
