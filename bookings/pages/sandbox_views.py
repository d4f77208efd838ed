"""The sandbox provider's hosted page: another company's site, as far as bookings is concerned."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from bookings.documents.wording import money_text
from bookings.providers.sandbox import end_sandbox_payment, get_sandbox_payment
from common.money import Money
from common.transactions import use_case


class SandboxPaymentView(View):
    def get(self, request: HttpRequest, payment_id: UUID) -> HttpResponse:
        payment = get_sandbox_payment(payment_id=payment_id)
        amount = money_text(Money(payment.amount, payment.currency))
        return render(request, "bookings/sandbox_payment.html", {"payment": payment, "amount": amount})

    def post(self, request: HttpRequest, payment_id: UUID) -> HttpResponse:
        with use_case():
            payment = end_sandbox_payment(
                payment_id=payment_id, ending=request.POST.get("ending", ""), now=timezone.now()
            )
        return HttpResponseRedirect(payment.return_url)
