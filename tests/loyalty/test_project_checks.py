from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tests.factories.loyalty import make_shop

pytestmark = pytest.mark.django_db


class TestProjectChecks:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("field_names", [1]),
            ("field_names", {"email": 5}),
            ("field_names", {"email": [""]}),
            ("field_names", {"email": ["x" * 101]}),
            ("field_names", {"email": ["x"] * 21}),
            ("field_names", {"address": ["x"]}),
            ("default_region", "XX"),
            ("currency", "rub"),
            ("currency", "RUB\n"),
            ("telegram_bot", "@bad bot"),
            ("name", ""),
        ],
    )
    def test_refuse_what_would_keep_orders_out(self, name: str, value: Any) -> None:
        project = make_shop().project
        setattr(project, name, value)

        with pytest.raises(ValidationError) as caught:
            project.full_clean()

        assert list(caught.value.message_dict) == [name]
        project.clean_fields(exclude={name})

    def test_take_what_is_right(self) -> None:
        project = make_shop().project
        project.field_names = {"email": ["Ваша почта"], "phone": []}
        project.telegram_bot, project.default_region, project.currency = "paddles_bot", "KZ", "KZT"

        project.full_clean()

    def test_say_in_words_which_rule_is_broken(self) -> None:
        project = make_shop().project
        project.base_percent = 101

        with pytest.raises(ValidationError, match="от 0 до 100"):
            project.full_clean()
