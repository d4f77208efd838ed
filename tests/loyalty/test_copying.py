from decimal import Decimal

import pytest
from django.db import transaction

from loyalty.models import Customer, LedgerTransaction, Order
from loyalty.models.copying import copy_instances, copy_rows, new_row
from tests.factories.loyalty import Shop, make_shop

pytestmark = pytest.mark.django_db

# What COPY would take for a NULL, the end of the data, a column's or a row's end, or an escape.
PERILOUS = ["\\N", "\\.", "a\tb", "a\nb", "a\r\nb", "\\", "a\\tb", "\\x41", "Ё «×» 🎉", " x ", "\"q\",'q'"]


@pytest.fixture
def shop() -> Shop:
    return make_shop()


class TestCopying:
    @pytest.mark.parametrize("text", PERILOUS)
    def test_stores_every_text_as_it_is(self, shop: Shop, text: str) -> None:
        customer = new_row(Customer, project_id=shop.project.id, email="anna@example.com", name=text)
        order = new_row(
            Order,
            project_id=shop.project.id,
            customer_id=customer.id,
            kind=Order.Kind.PURCHASE,
            order_id=text,
            amount=Decimal("0.10"),
            status=Order.Status.CREATED,
            details={text: [text, None, True]},
            placed_at=shop.project.created_at,
        )

        with transaction.atomic():
            copy_instances(Customer, [customer])
            copy_instances(Order, [order])

        stored = Order.objects.select_related("customer").get()
        assert (stored.customer.name, stored.order_id, stored.details) == (text, text, {text: [text, None, True]})
        assert (stored.amount, stored.paid_at, stored.placed_at) == (Decimal("0.10"), None, shop.project.created_at)

    def test_refuses_what_it_does_not_know_how_to_write(self) -> None:
        with pytest.raises(TypeError, match="float"), transaction.atomic():
            copy_rows(LedgerTransaction, ("reference",), [(1.5,)])
