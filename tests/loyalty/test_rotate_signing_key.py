import base64
import hashlib
import hmac
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from common.transactions import use_case
from loyalty.models import SigningKey
from loyalty.services.rotate_signing_key import OVERLAP, rotate_signing_key
from tests.factories.loyalty import make_shop

pytestmark = pytest.mark.django_db
BODY = b'{"action":"purchase","payload":{"email":"a@example.com","amount":1,"orderId":"1"}}'


def signed(key: str) -> dict[str, str]:
    seconds = str(int(timezone.now().timestamp()))
    secret = base64.b64decode(key.removeprefix("whsec_"))
    digest = hmac.new(secret, f"m.{seconds}.".encode() + BODY, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": "m", "webhook-timestamp": seconds, "webhook-signature": signature}


class TestRotateSigningKey:
    def test_lets_both_keys_be_right_for_a_day(self) -> None:
        shop, now = make_shop(signature_mode="required"), timezone.now()

        with use_case():
            key = rotate_signing_key(project=shop.project, actor_id=shop.owner.id, now=now)

        assert [shop.post(BODY, headers=signed(one)).status_code for one in (key, shop.key)] == [200, 200]
        assert [one.key for one in SigningKey.objects.valid(now + OVERLAP).filter(project=shop.project)] == [key]
        assert AuditEntry.objects.get().action == "loyalty.rotate_signing_key"

    def test_ends_the_old_key(self) -> None:
        shop, now = make_shop(signature_mode="required"), timezone.now()

        with use_case():
            rotate_signing_key(project=shop.project, actor_id=shop.owner.id, now=now - OVERLAP)

        assert shop.post(BODY, headers=signed(shop.key)).status_code == 401

    def test_never_gives_an_ending_key_more_time(self) -> None:
        shop, now = make_shop(), timezone.now()

        with use_case():
            for days in (0, 0.5):
                rotate_signing_key(project=shop.project, actor_id=shop.owner.id, now=now + timedelta(days))

        ends = SigningKey.objects.filter(project=shop.project, valid_until__isnull=False).order_by("created_at")
        assert [one.valid_until for one in ends if one.key == shop.key] == [now + OVERLAP]
