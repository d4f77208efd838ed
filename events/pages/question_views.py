"""What an event asks those who attend, for its organizer."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from events.models import Event
from events.pages.actors import actor_of
from events.pages.question_forms import QuestionForm
from events.pages.refusals import carried_out
from events.pages.workplace import managed_event, show_work
from events.selectors.questions import get_question, list_questions_for_organizer
from events.services.add_question import add_question
from events.services.change_question import change_question

TAB = "event-questions-page"
FIELDS = ("prompt", "kind", "choices", "text", "is_required", "position")


@method_decorator(never_cache, name="dispatch")
class QuestionsView(LoginRequiredMixin, View):
    """The questions in their order, and the form of another one."""

    def get(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        return self._show(request, managed_event(request, event_id))

    def post(self, request: HttpRequest, event_id: uuid.UUID) -> HttpResponse:
        event, actor = managed_event(request, event_id), actor_of(request)
        form = QuestionForm(request.POST, event=event)
        if not form.is_valid():
            return self._show(request, event, form)
        asked = carried_out(form, lambda: add_question(actor=actor, event_id=event_id, fields=form.columns()))
        if asked is None:
            return self._show(request, event, form)
        messages.success(request, _("The question is asked from now on; who has booked already isn't asked."))
        return redirect(TAB, event_id=event_id)

    def _show(self, request: HttpRequest, event: Event, form: QuestionForm | None = None) -> HttpResponse:
        questions = list(list_questions_for_organizer(event=event))
        last = {"position": questions[-1].position + 1 if questions else 0, "is_required": True}
        return show_work(
            request,
            "questions",
            event,
            tab=TAB,
            status=400 if form else 200,
            questions=questions,
            form=form or QuestionForm(event=event, initial=last),
        )


@method_decorator(never_cache, name="dispatch")
class QuestionView(LoginRequiredMixin, View):
    """One question, to be put differently; `retire` ends it."""

    def get(self, request: HttpRequest, event_id: uuid.UUID, question_id: uuid.UUID) -> HttpResponse:
        event = managed_event(request, event_id)
        question = get_question(event=event, question_id=question_id)
        initial = {name: getattr(question, name) for name in FIELDS}
        initial |= {"ticket_type": str(question.ticket_type_id or ""), "version": event.version}
        return self._show(request, event, question, QuestionForm(event=event, initial=initial))

    def post(self, request: HttpRequest, event_id: uuid.UUID, question_id: uuid.UUID) -> HttpResponse:
        event, actor = managed_event(request, event_id), actor_of(request)
        question = get_question(event=event, question_id=question_id)
        form = QuestionForm(request.POST, event=event)
        fields: dict[str, Any] = {"retired_at": timezone.now()} if "retire" in request.POST else {}
        version = None
        if not fields and form.is_valid():
            fields, version = form.columns(), form.cleaned_data["version"] or 0
        if not fields:
            return self._show(request, event, question, form)
        changed = carried_out(
            form,
            lambda: change_question(
                actor=actor, event_id=event_id, question_id=question_id, fields=fields, expected_version=version
            ),
        )
        if changed is None:
            return self._show(request, event, question, form)
        told = _("This is asked no more.") if "retired_at" in fields else _("The question is changed.")
        messages.success(request, told)
        return redirect(TAB, event_id=event_id)

    def _show(self, request: HttpRequest, event: Event, question: Any, form: QuestionForm) -> HttpResponse:
        status = 400 if form.is_bound else 200
        return show_work(request, "question", event, tab=TAB, status=status, question=question, form=form)
