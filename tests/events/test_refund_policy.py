import uuid
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from events.api.fields import RefundPolicySerializer

BANDS = [{"hours_before": 48, "percent": 50}, {"hours_before": 168, "percent": 100}]
KIND = str(uuid.uuid4())


def parsed(policy: dict[str, Any]) -> Any:
    serializer = RefundPolicySerializer(data=policy)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


class TestRefundPolicy:
    def test_keeps_all_that_it_may_say_as_json(self) -> None:
        policy = parsed({"bands": BANDS, "fee": "99.90", "promo_share": 50, "types": {KIND: BANDS}})

        assert policy == {"bands": BANDS[::-1], "fee": "99.90", "promo_share": 50, "types": {KIND: BANDS[::-1]}}

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"fee": "-1"}, "fee"),
            ({"promo_share": 101}, "promo_share"),
            ({"types": {"x": BANDS}}, "types"),
            ({"types": {KIND: [{"hours_before": 1, "percent": 50}, {"hours_before": 2, "percent": 10}]}}, "types"),
            ({"types": {KIND: [{"hours_before": 1, "percent": 200}]}}, "types"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, change: dict[str, Any], field: str) -> None:
        with pytest.raises(ValidationError) as refusal:
            parsed({"bands": BANDS} | change)

        assert field in refusal.value.detail
