"""Pages about reviews."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.transactions import use_case
from reviews import selectors
from reviews.pages.forms import ASPECT_LABELS, AppealForm, ReplyForm, ReportForm, ReviewForm
from reviews.services.appeal_review import appeal_review
from reviews.services.delete_review import delete_review
from reviews.services.edit_reply import edit_reply
from reviews.services.edit_review import edit_review
from reviews.services.reply_to_review import reply_to_review
from reviews.services.report_review import report_review
from reviews.services.vote_helpful import vote_helpful, withdraw_vote
from reviews.services.write_review import write_review

PAGE_SIZE = 10
STARS = ("5", "4", "3", "2", "1")


@require_safe
def event_reviews(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """What people say about an event; wrong filters are ignored, as a shared link should always open."""
    event = selectors.get_reviewed_event(event_id=event_id)
    stars = request.GET.get("rating", "")
    ordering = request.GET.get("ordering", "newest")
    reviews = selectors.list_published_reviews(event_id=event_id, reader=request.user)
    if stars in STARS:
        reviews = reviews.filter(rating=int(stars))
    pages = Paginator(reviews.order_by(*selectors.ORDERS.get(ordering, selectors.ORDERS["newest"])), PAGE_SIZE)
    rating = selectors.get_event_rating(event_id=event_id)
    context = {
        "event": event,
        "page": pages.get_page(request.GET.get("page")),
        "rating": rating,
        "aspects": [(ASPECT_LABELS[name], mean) for name, mean in rating.aspect_means.items() if mean is not None],
        "chosen_stars": stars if stars in STARS else "",
        "ordering": ordering if ordering in selectors.ORDERS else "newest",
        "orders": _orders(),
        "report_form": ReportForm(auto_id=False),
        "reply_form": ReplyForm(auto_id=False),
        **_reader(request, event),
    }
    return render(request, "reviews/list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """The form of a review; somebody who has written one is brought to its change."""
    event = selectors.get_reviewed_event(event_id=event_id)
    written = selectors.find_own_review(event_id=event_id, author_id=_me(request))
    if written is not None and request.method != "POST":
        return redirect("review_edit", review_id=written.pk)
    form = ReviewForm(request.POST or None)
    if form.is_valid():
        with use_case():
            review = write_review(
                author_id=_me(request),
                event_id=event_id,
                draft=form.draft(),
                publish_clean=settings.REVIEWS_PUBLISH_CLEAN,
                now=timezone.now(),
            )
        messages.success(request, _thanks(review))
        return _back_to(event_id)
    return render(request, "reviews/write.html", {"form": form, "event": event}, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """The form of a change; the version it was read in comes back with it."""
    review = selectors.get_own_review(review_id=review_id, author_id=_me(request))
    form = ReviewForm(request.POST) if request.method == "POST" else ReviewForm.of(review)
    if form.is_valid():
        with use_case():
            review = edit_review(
                review_id=review_id,
                author_id=_me(request),
                expected_version=form.cleaned_data["version"],
                draft=form.draft(),
                publish_clean=settings.REVIEWS_PUBLISH_CLEAN,
                now=timezone.now(),
            )
        messages.success(request, _thanks(review))
        return _back_to(review.event_id)
    context = {"form": form, "event": review.event, "review": review}
    return render(request, "reviews/write.html", context, status=400 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Object to a refusal; who has nothing to object to, or not any more, is told how the review stands."""
    review = selectors.get_own_review(review_id=review_id, author_id=_me(request))
    if not review.may_be_appealed and request.method != "POST":
        messages.info(request, _("There is nothing to object to, or you have done so already."))
        return _back_to(review.event_id)
    form = AppealForm(request.POST) if request.method == "POST" else AppealForm(initial={"version": review.version})
    if form.is_valid():
        with use_case():
            appeal_review(
                review_id=review_id,
                author_id=_me(request),
                text=form.cleaned_data["text"],
                expected_version=form.cleaned_data["version"],
                now=timezone.now(),
            )
        messages.success(request, _("Thank you. Another moderator will read your review, and what you say."))
        return _back_to(review.event_id)
    context = {"form": form, "review": review}
    return render(request, "reviews/appeal.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def delete(request: HttpRequest, review_id: UUID) -> HttpResponse:
    review = selectors.get_own_review(review_id=review_id, author_id=_me(request))
    with use_case():
        delete_review(review_id=review_id, author_id=_me(request))
    messages.success(request, _("Your review is deleted."))
    return _back_to(review.event_id)


@login_required
@require_POST
def helpful(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Give the vote, or with `withdraw` take it back."""
    with use_case():
        if "withdraw" in request.POST:
            review = withdraw_vote(review_id=review_id, voter_id=_me(request))
        else:
            review = vote_helpful(review_id=review_id, voter_id=_me(request), now=timezone.now())
    return _back_to(review.event_id, review_id)


@login_required
@require_POST
def report(request: HttpRequest, review_id: UUID) -> HttpResponse:
    review = selectors.get_review(review_id=review_id)
    form = ReportForm(request.POST)
    if form.is_valid():
        with use_case():
            report_review(review_id=review_id, reporter_id=_me(request), now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Thank you. A moderator will look at the review."))
    else:
        messages.error(request, _("Choose what is wrong with the review."))
    return _back_to(review.event_id, review_id)


@login_required
@require_POST
def reply(request: HttpRequest, review_id: UUID) -> HttpResponse:
    review = selectors.get_review(review_id=review_id)
    form = ReplyForm(request.POST)
    if form.is_valid():
        with use_case():
            reply_to_review(
                review_id=review_id, member_id=_me(request), text=form.cleaned_data["text"], now=timezone.now()
            )
        messages.success(request, _("Your answer is published."))
    else:
        messages.error(request, _("Write an answer of 2 to 3,000 characters."))
    return _back_to(review.event_id, review_id)


@login_required
@require_POST
def change_reply(request: HttpRequest, review_id: UUID) -> HttpResponse:
    review = selectors.get_review(review_id=review_id)
    form = ReplyForm(request.POST)
    if form.is_valid():
        with use_case():
            edit_reply(review_id=review_id, member_id=_me(request), text=form.cleaned_data["text"], now=timezone.now())
        messages.success(request, _("Your answer is changed."))
    else:
        messages.error(request, _("Write an answer of 2 to 3,000 characters."))
    return _back_to(review.event_id, review_id)


def _reader(request: HttpRequest, event: Any) -> dict[str, Any]:
    """Return what this reader may do on the page."""
    if not request.user.is_authenticated:
        return {"own_review": None, "may_review": False, "may_reply": False}
    me = _me(request)
    own = selectors.find_own_review(event_id=event.pk, author_id=me)
    return {
        "own_review": own,
        "may_edit": own is not None and timezone.now() < own.editable_until,
        "may_review": own is None and selectors.may_review(event=event, user_id=me, now=timezone.now()),
        "may_reply": selectors.speaks_for_organizer(event=event, user_id=me),
    }


def _orders() -> list[tuple[str, str]]:
    return [
        ("newest", _("Newest")),
        ("helpful", _("Most helpful")),
        ("highest", _("Best first")),
        ("lowest", _("Critical first")),
    ]


def _thanks(review: Any) -> str:
    if review.status == "published":
        return _("Thank you! Your review is published.")
    return _("Thank you! A moderator will read your review before it appears.")


def _back_to(event_id: UUID, review_id: UUID | None = None) -> HttpResponse:
    anchor = f"#review-{review_id}" if review_id else ""
    return redirect(reverse("event_reviews", args=[event_id]) + anchor)


def _me(request: HttpRequest) -> UUID:
    return cast("UUID", request.user.pk)
