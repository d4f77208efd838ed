import json
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from common.problems import InvalidInput
from loyalty.formats.form_body import read_form
from loyalty.formats.reading import understand
from loyalty.formats.understood import Understood, UnreadableBody, UnsupportedAction
from loyalty.formats.values import read_amount, read_email, read_phone
from tests.factories.loyalty import SAMPLES

GOLDEN = Path(__file__).parent / "golden"
FORM = "application/x-www-form-urlencoded"


TYPES = {".json": "application/json", ".txt": FORM, ".xml": "application/xml"}


def read(body: Any, content_type: str = "application/json") -> Understood:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return understand(body=raw, content_type=content_type, region="RU")


def order(payment: Any, **fields: Any) -> Any:
    """Return the one order that a Tilda object means."""
    return read({"Email": "anna@example.com", "payment": payment} | fields).purchases[0]


def texts(value: Any) -> Iterator[str]:
    """Return every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts([*value.keys(), *value.values()])
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


class TestGolden:
    @pytest.mark.parametrize("sample", sorted(SAMPLES.iterdir()), ids=lambda path: path.name)
    def test_each_sample_means_what_was_written_down(self, sample: Path) -> None:
        understood = read(sample.read_bytes(), TYPES[sample.suffix])

        expected = json.loads((GOLDEN / f"{sample.stem}.json").read_text())
        assert json.loads(msgspec.json.encode(understood)) == expected


class TestTilda:
    @pytest.mark.parametrize(
        ("line", "product"),
        [
            (
                "Вёсла (sku-1, Цвет: синий)=490",
                {"name": "Вёсла (sku-1, Цвет: синий)", "quantity": 1, "amount": "490.00", "price": "490.00"},
            ),
            ("Вёсла x 2 ≡ 700", {"name": "Вёсла", "quantity": 2, "amount": "700.00"}),
            ("A=B (c=d)=10.5", {"name": "A=B (c=d)", "quantity": 1, "amount": "10.50", "price": "10.50"}),
            (
                "Вёсла &quot;Байкал&quot;=1",
                {"name": 'Вёсла "Байкал"', "quantity": 1, "amount": "1.00", "price": "1.00"},
            ),
            ("just words", {"name": "just words"}),
            ("x 2 ≡ ", {"name": "x 2 ≡"}),
        ],
    )
    def test_reads_products_written_as_lines(self, line: str, product: dict[str, Any]) -> None:
        assert order({"amount": 1, "products": [line]}).details["products"] == [product]

    @pytest.mark.parametrize("key", ["phone", "PHONE", "Телефон", "Рhone", "Номер телефона", "phonе"])
    def test_knows_keys_in_any_case_and_with_lookalikes(self, key: str) -> None:
        assert order({"amount": 1}, **{key: "8 (903) 733-54-71"}).contact.phone == "+79037335471"

    def test_keeps_unknown_keys_and_drops_cookies(self) -> None:
        details = order(
            {"amount": 1, "weight": "2 кг"}, Сity="Тверь", COOKIES="sid=secret; TILDAUTM=utm_source=vk"
        ).details

        assert details["fields"] == {"Сity": "Тверь"}
        assert details["payment"]["weight"] == "2 кг"
        assert details["utm"] == {"utm_source": "vk"}
        assert "secret" not in json.dumps(details)

    @pytest.mark.parametrize(
        "cookies",
        [
            "a=b; TILDAUTM=utm_source%3Dvk%7C%7C%7Cutm_medium%3Dcpc; c=d",
            "TILDAUTM=utm_source%253Dvk|||amp;utm_medium=cpc",
        ],
    )
    def test_finds_utm_marks_among_the_cookies(self, cookies: str) -> None:
        assert order({"amount": 1}, COOKIES=cookies).details["utm"] == {"utm_source": "vk", "utm_medium": "cpc"}

    def test_unescapes_a_payment_string(self) -> None:
        payment = "{&quot;orderid&quot;:&quot;7&quot;,&quot;amount&quot;:&quot;4.9&quot;}"

        assert (order(payment).order_id, order(payment).amount) == ("7", Decimal("4.90"))

    @pytest.mark.parametrize(
        ("payment", "is_paid"),
        [
            ({}, True),
            ({"sys": "tinkoff"}, True),
            ({"sys": "none"}, False),
            ({"sys": "robokassa", "systranid": "0"}, False),
            ({"sys": "robokassa", "systranid": 0}, False),
            ({"sys": "tinkoff", "systranid": "44"}, True),
        ],
    )
    def test_tells_paid_from_unpaid(self, payment: dict[str, Any], *, is_paid: bool) -> None:
        assert order({"amount": 1} | payment).is_paid is is_paid

    def test_names_an_order_without_id_by_its_lead(self) -> None:
        assert order({"amount": 1}, tranid="123:456").order_id == "123:456"

    @pytest.mark.parametrize(
        ("fields", "pointer"),
        [
            ({"payment": "not json"}, "/payment"),
            ({"payment": [1]}, "/payment"),
            ({"payment": {"amount": "free"}}, "/payment/amount"),
            ({"payment": {"orderid": "1"}}, "/payment/amount"),
            ({"payment": {"amount": -1}}, "/payment/amount"),
        ],
    )
    def test_takes_an_order_that_it_cannot_read_for_people_to_look_at(
        self, fields: dict[str, Any], pointer: str
    ) -> None:
        understood = read(fields)

        assert (understood.needs_people, understood.unread, understood.purchases) == (True, (pointer,), ())

    def test_refuses_what_looks_like_no_form(self) -> None:
        with pytest.raises(InvalidInput) as caught:
            read([{"payment": {"amount": 1}}, {"what": "ever"}])

        assert [one.pointer for one in caught.value.errors] == ["/1"]

    @pytest.mark.parametrize("names", [[1], "email", 7, {"email": 5}, {"email": [None, 5]}, {"email": {"a": "b"}}])
    def test_is_not_kept_out_by_names_that_its_shop_has_written_wrongly(self, names: Any) -> None:
        body = json.dumps({"Email": "anna@example.com", "payment": {"amount": "10", "orderid": "1"}}).encode()

        understood = understand(body=body, content_type="application/json", region="RU", names=names)

        assert understood.purchases[0].contact.email == "anna@example.com"


class TestEncoding:
    def test_lets_a_byte_order_mark_stand_before_any_format(self) -> None:
        bodies = [
            b'{"action":"purchase","payload":{"email":"anna@example.com","amount":5,"orderId":"A-1"}}',
            (
                b"<webhook><action>purchase</action><payload><email>anna@example.com</email><amount>5</amount>"
                b"<orderId>A-1</orderId></payload></webhook>"
            ),
            b"Email=anna@example.com&payment[orderid]=A-1&payment[amount]=5",
        ]

        found = [read(b"\xef\xbb\xbf" + body, "") for body in bodies]

        assert {(one.purchases[0].order_id, one.purchases[0].contact.email) for one in found} == {
            ("A-1", "anna@example.com")
        }


class TestEmails:
    @pytest.mark.parametrize(
        "given",
        [
            "anna@example.com",
            "a.b+c_d-e@mail.example.co",
            "anna@xn--e1afmkfd.xn--p1ai",
            "a@b",
            "a@b.c1",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@-example.com",
            "a@example-.com",
            "a@example..com",
            "a@" + "b" * 63 + ".com",
            "a@" + "b" * 64 + ".com",
            "o'neil@example.com",
            '"a b"@example.com',
            "a@[127.0.0.1]",
            "анна@example.com",
            "a@пример.рф",
            "a@example.com\n",
        ],
    )
    def test_are_what_django_takes_for_addresses(self, given: str) -> None:
        try:
            EmailValidator()(given.strip())
        except ValidationError:
            assert read_email(given) == ""
        else:
            assert read_email(given) == given.strip()


class TestStandard:
    def test_takes_exactly_what_was_signed_for(self) -> None:
        body = b'{"action":"purchase","payload":{"email":"A@Example.com","amount":0.1,"orderId":12345678901234567890}}'

        only = read(body).purchases[0]

        assert (only.amount, only.order_id, only.contact.email) == (
            Decimal("0.10"),
            "12345678901234567890",
            "a@example.com",
        )

    @pytest.mark.parametrize("action", [None, 1, ["purchase"]])
    def test_demands_an_action(self, action: Any) -> None:
        with pytest.raises(InvalidInput):
            read({"action": action, "payload": {}})

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"amount": None}, "amount"),
            ({"amount": "NaN"}, "amount"),
            ({"amount": True}, "amount"),
            ({"amount": 10**15}, "amount"),
            ({"email": "nobody"}, "email"),
            ({"phone": "12"}, "phone"),
            ({"orderId": "x" * 101}, "orderId"),
            ({"orderId": "~mine"}, "orderId"),
            ({"orderId": {}}, "orderId"),
            ({"status": "maybe"}, "status"),
        ],
    )
    def test_points_at_what_it_cannot_read(self, change: dict[str, Any], pointer: str) -> None:
        payload = {"email": "a@example.com", "amount": 1, "orderId": "1"} | change

        with pytest.raises(InvalidInput) as caught:
            read({"action": "purchase", "payload": payload})

        assert [one.pointer for one in caught.value.errors] == [f"/payload/{pointer}"]

    @pytest.mark.parametrize("action", ["purchase", "register_user", "get_balance", "spend_bonuses"])
    @pytest.mark.parametrize(
        ("payload", "code"), [({}, "contact_required"), ({"name": "A"}, "contact_required"), ([], "not_an_object")]
    )
    def test_demands_to_know_whom_it_speaks_of(self, action: str, payload: Any, code: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            read({"action": action, "payload": payload})

        assert [one.code for one in caught.value.errors if one.pointer == "/payload"] == [code]

    @pytest.mark.parametrize(("given", "order_id"), [(0, "0"), ("0", "0"), (" 0 ", "0"), (-1, "-1")])
    def test_takes_zero_for_an_order_id(self, given: Any, order_id: str) -> None:
        """Shops count from there; an order that goes by no id counts again in each new writing."""
        payload = {"email": "a@example.com", "amount": 1, "orderId": given}

        assert read({"action": "purchase", "payload": payload}).purchases[0].order_id == order_id

    @pytest.mark.parametrize("none", [None, "", " "])
    def test_takes_an_empty_order_id_for_none(self, none: Any) -> None:
        payload = {"email": "a@example.com", "amount": 1, "orderId": none}

        assert read({"action": "purchase", "payload": payload}).purchases[0].order_id == ""

    @pytest.mark.parametrize("day", ["2999-01-01", "0001-01-01", "31.12.1990", 19901231])
    def test_takes_no_birthday_that_nobody_has(self, day: Any) -> None:
        with pytest.raises(InvalidInput) as caught:
            read({"action": "register_user", "payload": {"email": "a@example.com", "birthDate": day}})

        assert [one.pointer for one in caught.value.errors] == ["/payload/birthDate"]

    def test_lets_no_sign_turn_a_name_round(self) -> None:
        payload = {"email": "a@example.com", "name": "\u202eevil\u2066 name\x00"}

        registration = read({"action": "register_user", "payload": payload}).registration

        assert registration is not None
        assert registration.name == "evil name"

    def test_reads_returned_items(self) -> None:
        items = [{"sku": "S-1", "quantity": 2}, {"name": "Вёсла"}]

        returned = read(
            {"action": "refund_purchase", "payload": {"orderId": 7, "refundId": 8, "items": items}}
        ).returned

        assert returned is not None
        assert (returned.order_id, returned.refund_id, returned.amount) == ("7", "8", None)
        assert [(one.name, one.quantity) for one in returned.items] == [("S-1", 2), ("Вёсла", 1)]


class TestFieldNames:
    def test_are_the_shops_own(self) -> None:
        body = b'{"Kuda pisat": "a@example.com", "Pozvonit": "89037335471", "payment": {"amount": 1}}'
        names = {"email": ["kuda pisat"], "phone": ["Pozvonit"]}

        contact = understand(body=body, content_type="application/json", region="RU", names=names).purchases[0].contact

        assert (contact.email, contact.phone) == ("a@example.com", "+79037335471")


class TestXml:
    @pytest.mark.parametrize(
        "body",
        [
            b"<webhook>",
            b'<!DOCTYPE a [<!ENTITY x "y">]><webhook><action>&x;</action></webhook>',
            b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
            b"<a>" * 30 + b"x" + b"</a>" * 30,
            b'<?xml version="1.0" encoding="nonsense"?><a/>',
            b"<a>" + b"<b/>" * 50_001 + b"</a>",
            b"<webhook><action>purchase</action><action>get_balance</action><payload><email>a@b.ru</email></payload></webhook>",
        ],
    )
    def test_refuses_what_is_dangerous_or_broken(self, body: bytes) -> None:
        with pytest.raises(UnreadableBody):
            read(body, "application/xml")

    def test_means_what_the_same_in_json_means(self) -> None:
        body = (
            b"<webhook><action>batch_purchase</action><payload><purchases><purchase><email>a@example.com</email>"
            b"<amount>10.50</amount><orderId>1</orderId></purchase></purchases></payload></webhook>"
        )
        payload = {"purchases": [{"email": "a@example.com", "amount": "10.50", "orderId": "1"}]}

        assert read(body, "text/xml") == read({"action": "batch_purchase", "payload": payload})


class TestValues:
    @pytest.mark.parametrize(
        ("given", "amount"),
        [
            (5000, "5000.00"),
            ("5000", "5000.00"),
            ("485.1", "485.10"),
            ("1 234,50", "1234.50"),
            ("1\u00a0234", "1234.00"),
            (Decimal("2.675"), "2.68"),
            (Decimal("-0.0"), "0.00"),
        ],
    )
    def test_read_an_amount(self, given: Any, amount: str) -> None:
        assert str(read_amount(given)) == amount

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "free",
            "1_000",
            "1e5",
            "١٢",
            "-1",
            "10000000000",
            "1.2.3",
            None,
            [],
            True,
            Decimal("1E+30"),
            Decimal("-1"),
        ],
    )
    def test_refuse_what_is_no_amount(self, given: Any) -> None:
        assert read_amount(given) is None

    @pytest.mark.parametrize(
        "given", ["89037335471", "+7 (903) 733-54-71", "8-903-733-54-71", 89037335471, "903 733 54 71"]
    )
    def test_read_a_phone(self, given: Any) -> None:
        assert read_phone(given, region="RU") == "+79037335471"

    @pytest.mark.parametrize("given", ["", "+0123456789", "12", None, "phone", True, "9" * 300])
    def test_refuse_what_is_no_phone(self, given: Any) -> None:
        assert read_phone(given, region="RU") == ""


class TestReadForm:
    def test_nests_by_brackets_as_php_does(self) -> None:
        body = b"a[b][0][c]=1&a[b][1][c]=2&a[x]=3&list[]=1&list[]=2&plain=4&odd[=5&gap[1]=6"

        assert read_form(body) == {
            "a": {"b": [{"c": "1"}, {"c": "2"}], "x": "3"},
            "list": ["1", "2"],
            "plain": "4",
            "odd[": "5",
            "gap": {"1": "6"},
        }

    @pytest.mark.parametrize("body", [b"", b"word", b"&".join([b"a=1"] * 20_001)])
    def test_refuses_what_is_no_form(self, body: bytes) -> None:
        with pytest.raises(UnreadableBody):
            read_form(body)


class TestFuzz:
    """No mutation of a real webhook makes the reader fail in another way than the named ones: 13,000 of them."""

    PIECES = (
        b"\x00",
        b"\xff",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"\\ud800",
        b"1e999",
        b"null",
        b"-0",
        b"%00",
        b"[a][b]",
        b"&quot;",
        b"=",
    )

    @pytest.mark.parametrize("sample", sorted(SAMPLES.iterdir()), ids=lambda path: path.name)
    def test_survives_a_thousand_mutations(self, sample: Path) -> None:
        chance = random.Random(sample.name)
        body = sample.read_bytes()

        for _ in range(1000):
            mutated = self.mutate(body, chance)
            for content_type in ("application/json", FORM) if sample.suffix != ".xml" else ("application/xml",):
                try:
                    understood = read(mutated, content_type)
                except (InvalidInput, UnreadableBody, UnsupportedAction):
                    continue
                # PostgreSQL stores neither NUL nor half a surrogate pair.
                for text in texts([one.details for one in understood.purchases]):
                    assert "\x00" not in text
                    text.encode()

    def mutate(self, body: bytes, chance: random.Random) -> bytes:
        changed = bytearray(body)
        for _ in range(chance.randint(1, 6)):
            start = chance.randrange(len(changed) + 1)
            end = min(len(changed), start + chance.choice([0, 0, 1, 3, 20]))
            changed[start:end] = chance.choice([chance.choice(self.PIECES), bytes(changed[start : start + 30]), b""])
        return bytes(changed)
