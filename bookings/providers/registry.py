"""Which payment providers this installation uses: PAYMENT_PROVIDERS, the first takes new payments."""

from django.conf import settings

from bookings.providers.port import PaymentProvider
from bookings.providers.sandbox import SandboxProvider
from common.problems import NotFound, Problem

ADAPTERS: dict[str, type[PaymentProvider]] = {SandboxProvider.code: SandboxProvider}


class PaymentsUnavailable(Problem):
    """No provider takes payments now."""

    code = "payments_unavailable"
    status = 503
    title = "Payments are not available right now. Your seats stay held; please try again."


def provider_named(code: str) -> PaymentProvider:
    """Return a provider that is in use.

    Raises:
        NotFound: it is not.
    """
    if code not in settings.PAYMENT_PROVIDERS or code not in ADAPTERS:
        raise NotFound()
    return ADAPTERS[code]()


def provider_for_new_payments() -> PaymentProvider:
    """Return the provider that takes new payments.

    Raises:
        PaymentsUnavailable: there is none.
    """
    if not settings.PAYMENT_PROVIDERS:
        raise PaymentsUnavailable()
    return provider_named(settings.PAYMENT_PROVIDERS[0])
