import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from accounts.models import User
from bus.models import RelayCursor
from common.api.idempotency import idempotent
from common.models import IdempotencyRecord
from common.problems import NotAllowed
from tests.factories.accounts import make_user

pytestmark = pytest.mark.django_db(transaction=True)


class PotView(APIView):
    """Writes a row for each effect, unless the pot is refused."""

    @idempotent
    def post(self, request: Request) -> Response:
        if request.data.get("refuse"):
            raise NotAllowed
        RelayCursor.objects.create(name=uuid.uuid4().hex)
        return Response({"pots": RelayCursor.objects.count()}, status=201)


def post(user: User, key: str | None, body: dict[str, object] | None = None) -> HttpResponse:
    headers = {"Idempotency-Key": key} if key is not None else {}
    request = APIRequestFactory().post("/pots/", body or {}, headers=headers, format="json")
    force_authenticate(request, user)
    response = PotView.as_view()(request)
    return response.render() if isinstance(response, Response) else response


class TestIdempotent:
    def test_gives_the_stored_answer_again(self) -> None:
        user = make_user()

        first, second = post(user, "k1"), post(user, "k1")

        assert (first.status_code, second.status_code) == (201, 201)
        assert second.content == first.content
        assert second["Idempotency-Replayed"] == "true"
        assert RelayCursor.objects.count() == 1

    def test_keeps_users_apart(self) -> None:
        answers = [post(make_user(), "same-key").status_code for _ in range(2)]

        assert answers == [201, 201]
        assert RelayCursor.objects.count() == 2

    @pytest.mark.parametrize("key", [None, "", "  "])
    def test_demands_a_key(self, key: str | None) -> None:
        answer = post(make_user(), key)

        assert (answer.status_code, answer.data["code"]) == (400, "idempotency_key_required")

    @pytest.mark.parametrize("key", ["has space", "ключ", "x" * 256])
    def test_demands_a_well_formed_key(self, key: str) -> None:
        answer = post(make_user(), key)

        assert (answer.status_code, answer.data["code"]) == (400, "idempotency_key_invalid")

    def test_refuses_a_key_that_was_used_for_another_request(self) -> None:
        user = make_user()
        post(user, "k1", {"size": 1})

        answer = post(user, "k1", {"size": 2})

        assert (answer.status_code, answer.data["code"]) == (422, "idempotency_key_reused")

    def test_does_not_store_a_refusal(self) -> None:
        user = make_user()

        refused = post(user, "k1", {"refuse": True})
        accepted = post(user, "k1")

        assert (refused.status_code, accepted.status_code) == (403, 201)

    def test_has_one_effect_under_parallel_duplicates(self) -> None:
        user = make_user()

        def send(_: int) -> int:
            try:
                return post(user, "k1").status_code
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            statuses = list(threads.map(send, range(40)))

        assert RelayCursor.objects.count() == 1
        assert set(statuses) <= {201, 409}
        assert 201 in statuses

    def test_the_database_keeps_one_answer_per_user_and_key(self) -> None:
        fields = {
            "user_id": uuid.uuid4(),
            "key": "k",
            "fingerprint": b"",
            "status": 201,
            "body": "",
            "created_at": timezone.now(),
        }
        IdempotencyRecord.objects.create(**fields)

        with (
            pytest.raises(IntegrityError, match="common_idempotency_record_one_per_user_and_key"),
            transaction.atomic(),
        ):
            IdempotencyRecord.objects.create(**fields)
