import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from loyalty.models import SigningKey, WebhookDelivery
from loyalty.secrets_of_shops import new_signing_key
from loyalty.signatures import WrongSignature, checked_scheme
from tests.factories.loyalty import Shop, make_shop

VECTORS = json.loads(Path(django_settings.BASE_DIR, "docs", "webhooks", "vectors.json").read_text())
BODY = b'{"action":"purchase","payload":{"email":"a@example.com","amount":1,"orderId":"1"}}'


class TestCheckedScheme:
    @pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
    def test_agrees_with_the_published_vectors(self, case: dict[str, Any]) -> None:
        body = case["body"].encode()

        def check() -> str:
            headers, keys = case["headers"], ["whsec_b3RoZXI=", VECTORS["key"]]
            return checked_scheme(headers=headers, body=body, keys=keys, now_seconds=VECTORS["now"])

        if case["expected"] == "refused":
            with pytest.raises(WrongSignature):
                check()
        else:
            assert check() == case["expected"]

    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        name=st.sampled_from(["webhook-signature", "x-signature"]),
        value=st.text(max_size=200),
        message_id=st.text(max_size=20),
        time=st.text(max_size=20),
        body=st.binary(max_size=50),
    )
    def test_never_fails_in_another_way(self, name: str, value: str, message_id: str, time: str, body: bytes) -> None:
        headers = {name: value, "webhook-id": message_id, "webhook-timestamp": time}

        with pytest.raises(WrongSignature):
            checked_scheme(headers=headers, body=body, keys=[VECTORS["key"]], now_seconds=VECTORS["now"])


@pytest.mark.django_db
class TestSignedWebhook:
    def signed(self, key: str, body: bytes = BODY, at: datetime | None = None) -> dict[str, str]:
        """Sign as a shop with the library of Standard Webhooks."""
        # The library takes naive local-looking times for UTC.
        at = (at or timezone.now()).replace(microsecond=0)
        signature = Webhook(key).sign("msg_1", at.astimezone(UTC).replace(tzinfo=None), body.decode())
        return {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
        }

    @pytest.mark.parametrize("mode", ["optional", "required"])
    def test_is_taken_from_the_librarys_client(self, mode: str) -> None:
        shop = make_shop(signature_mode=mode)

        response = shop.post(BODY, headers=self.signed(shop.key))

        assert response.status_code == 200
        assert WebhookDelivery.objects.get().signed_with == "standard"

    @pytest.mark.parametrize(
        "members",
        ['"amount":10.0', '"amount":1e1', '"amount":10,"big":12345678901234567890', '"amount":10,"2":1,"1":"Лодка 🛶"'],
    )
    def test_is_of_the_bytes_and_not_of_what_they_mean(self, members: str) -> None:
        shop = make_shop(signature_mode="required")
        body = f'{{"action":"purchase","payload":{{"email":"a@example.com","orderId":"1",{members}}}}}'.encode()
        headers = self.signed(shop.key, body)
        written_anew = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=True).encode()

        answers = [shop.post(one, headers=headers).status_code for one in (body, written_anew)]

        assert answers == [200, 200 if written_anew == body else 401]
        assert WebhookDelivery.objects.get().order_amount == 10

    def test_is_refused_without_its_id_or_under_another(self) -> None:
        shop = make_shop()
        headers = self.signed(shop.key)
        without = {name: value for name, value in headers.items() if name != "webhook-id"}

        answers = [shop.post(BODY, headers=one).status_code for one in (without, headers | {"webhook-id": "msg_2"})]

        assert answers == [401, 401]

    @pytest.mark.parametrize("seconds", [-310, 310])
    def test_is_refused_out_of_time(self, seconds: int) -> None:
        headers = self.signed((shop := make_shop()).key, at=timezone.now() + timedelta(seconds=seconds))

        assert shop.post(BODY, headers=headers).status_code == 401

    def test_is_taken_with_any_key_that_is_still_valid(self) -> None:
        shop = make_shop(signature_mode="required")
        newer, ended = new_signing_key(), new_signing_key()
        SigningKey.objects.create(project=shop.project, key=newer)
        SigningKey.objects.create(project=shop.project, key=ended, valid_until=timezone.now())

        answers = [shop.post(BODY, headers=self.signed(key)).status_code for key in (shop.key, newer, ended)]

        assert answers == [200, 200, 401]

    @pytest.mark.parametrize("mode", ["optional", "required"])
    def test_is_refused_with_a_neighbours_key(self, mode: str) -> None:
        shop, neighbour = make_shop(signature_mode=mode), make_shop()

        response = shop.post(BODY, headers=self.signed(neighbour.key))

        assert (response.status_code, response.json()["code"]) == (401, "bad_signature")
        assert not WebhookDelivery.objects.exists()

    def test_is_refused_before_the_body_is_understood(self) -> None:
        shop = make_shop()

        assert shop.post(b"{", headers={"X-Signature": "0" * 64}).status_code == 401

    @pytest.mark.parametrize("header", ["é".encode().decode("latin-1"), "v1", ",", "t=,v1=", "=" * 500])
    def test_is_refused_when_malformed(self, header: str) -> None:
        shop = make_shop()

        assert shop.post(BODY, headers={"X-Signature": header}).status_code == 401
        assert shop.post(BODY, headers=self.signed(shop.key) | {"webhook-signature": header}).status_code == 401

    def test_may_be_missing_only_where_it_is_not_required(self) -> None:
        modes = ("off", "optional", "required")

        assert [make_shop(signature_mode=mode).post(BODY).status_code for mode in modes] == [200, 200, 401]

    def test_is_not_looked_at_where_it_is_off(self) -> None:
        shop: Shop = make_shop(signature_mode="off")

        assert shop.post(BODY, headers={"X-Signature": "nonsense"}).status_code == 200

    def test_keeps_the_key_unreadable_in_the_database(self) -> None:
        from django.db import connection

        shop = make_shop()

        with connection.cursor() as sql:
            sql.execute("SELECT key FROM loyalty_signingkey WHERE project_id = %s", [shop.project.id])
            stored = sql.fetchone()[0]

        assert shop.key not in stored
        assert SigningKey.objects.get(project=shop.project).key == shop.key
