"""Which provider takes a payment: the organizer's own account, or the platform's.

PAYMENT_PROVIDERS names the platform's, the first takes new payments. An organizer's account works whatever it names.
"""

import json
from collections.abc import Callable, Mapping
from uuid import UUID

from django.conf import settings

from bookings.models import Payment, ProviderAccount
from bookings.providers.door import DoorProvider
from bookings.providers.port import AccountProvider, PaymentProvider
from bookings.providers.sandbox import SandboxProvider
from bookings.providers.stripe import StripeProvider
from bookings.providers.yookassa import YooKassaProvider
from common.problems import NotFound, Problem

Build = Callable[[Mapping[str, str], UUID | None], PaymentProvider]


class PaymentsUnavailable(Problem):
    """No provider takes payments now."""

    code = "payments_unavailable"
    status = 503
    title = "Payments are not available right now. Your seats stay held; please try again."


def _sandbox(_: Mapping[str, str], account_id: UUID | None) -> PaymentProvider:
    return SandboxProvider()


def _stripe(credentials: Mapping[str, str], account_id: UUID | None) -> StripeProvider:
    return StripeProvider(
        api_url=settings.STRIPE_API_URL,
        secret_key=credentials["secret_key"],
        webhook_secret=credentials["webhook_secret"],
        account_id=account_id,
    )


def _yookassa(credentials: Mapping[str, str], account_id: UUID | None) -> YooKassaProvider:
    return YooKassaProvider(
        api_url=settings.YOOKASSA_API_URL,
        shop_id=credentials["shop_id"],
        secret_key=credentials["secret_key"],
        vat_code=int(credentials.get("vat_code", 1)),
        networks=tuple(settings.YOOKASSA_NETWORKS),
        account_id=account_id,
    )


def _door(_: Mapping[str, str], account_id: UUID | None) -> PaymentProvider:
    return DoorProvider()


# Organizers may bring accounts of their own.
OWN: dict[str, Callable[[Mapping[str, str], UUID | None], AccountProvider]] = {"stripe": _stripe, "yookassa": _yookassa}
ADAPTERS: dict[str, Build] = {"sandbox": _sandbox, **OWN}
# Always there, and nobody can choose them.
BUILT_IN: dict[str, Build] = {"door": _door}
# What an organizer's account consists of.
CREDENTIALS: dict[str, tuple[str, ...]] = {
    "stripe": ("secret_key", "webhook_secret"),
    "yookassa": ("shop_id", "secret_key", "vat_code"),
}


def provider_named(code: str) -> PaymentProvider:
    """Return one of the platform's providers.

    Raises:
        NotFound: it is not in use.
    """
    if code not in settings.PAYMENT_PROVIDERS or code not in ADAPTERS:
        raise NotFound()
    return ADAPTERS[code](settings.PAYMENT_CREDENTIALS.get(code, {}), None)


def provider_for_organizer(organizer_id: UUID) -> PaymentProvider:
    """Return the provider that takes new payments for an organizer's events.

    Raises:
        PaymentsUnavailable: there is none.
    """
    account = ProviderAccount.objects.in_use().filter(organizer_id=organizer_id).first()
    if account is not None:
        return _of_account(account)
    if not settings.PAYMENT_PROVIDERS:
        raise PaymentsUnavailable()
    return provider_named(settings.PAYMENT_PROVIDERS[0])


def provider_with(code: str, credentials: Mapping[str, str]) -> AccountProvider:
    """Return a provider of an organizer's own, before there is an account of it."""
    return OWN[code](credentials, None)


def provider_of(payment: Payment) -> PaymentProvider:
    """Return the provider that a payment was started with, also when others take new ones by now."""
    if payment.account is not None:
        return _of_account(payment.account)
    if payment.provider in BUILT_IN:
        return BUILT_IN[payment.provider]({}, None)
    return provider_named(payment.provider)


def provider_of_webhook(code: str, account_id: UUID | None) -> PaymentProvider:
    """Return the provider whose webhook comes to this door.

    Raises:
        NotFound: there is no such door.
    """
    if account_id is None:
        return provider_named(code)
    account = ProviderAccount.objects.filter(id=account_id, provider=code).first()
    if account is None:
        raise NotFound()
    return _of_account(account)


def _of_account(account: ProviderAccount) -> PaymentProvider:
    return ADAPTERS[account.provider](json.loads(account.credentials), account.id)
