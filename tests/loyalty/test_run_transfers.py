from datetime import datetime, timedelta
from typing import Any

import pytest

from common.transactions import use_case
from loyalty.models import Customer, LedgerTransaction, Transfer
from loyalty.selectors import count_ledger_discrepancies, opened_customers
from loyalty.services import run_transfers as worker
from loyalty.services.request_transfer import (
    FileTooLarge,
    NotChecked,
    TooManyTransfers,
    request_export,
    request_import,
    start_import,
)
from loyalty.services.run_transfers import LEASE, claim_transfer, run_transfers
from tests.factories.loyalty import NOON, Shop, accrue, make_shop, purchase

pytestmark = pytest.mark.django_db
FILE = """E-mail;Телефон;Имя;Дата рождения;Баллы
Anna@Example.com;8 903 733-54-71;Анна;12.04.1990;1 250,50
boris@example.com;;;;

;'+79001234567;'=1+1;1990-04-12;0
nobody;;;;5
;;Никто;;5
eva@example.com;;;31.02.1990;
fox@example.com;;;;-5
"""


@pytest.fixture
def shop() -> Shop:
    return make_shop()


def brought(shop: Shop, content: str | bytes, now: datetime = NOON) -> Transfer:
    raw = content.encode() if isinstance(content, str) else content
    with use_case():
        return request_import(project=shop.project, actor_id=shop.owner.id, content=raw, now=now)


def started(transfer: Transfer, shop: Shop) -> Transfer:
    with use_case():
        return start_import(transfer=transfer, actor_id=shop.owner.id, now=NOON)


def work(now: datetime = NOON) -> None:
    while run_transfers(clock=lambda: now):
        pass


def many(count: int) -> str:
    return "email,points\n" + "".join(f"c{number}@example.com,10\n" for number in range(count))


class TestImport:
    def test_is_tried_out_before_anything_is_written(self, shop: Shop) -> None:
        transfer = brought(shop, FILE)

        work()

        transfer.refresh_from_db()
        assert (transfer.status, transfer.rows_total, transfer.rows_done, transfer.failed_rows) == ("checked", 7, 7, 4)
        assert transfer.errors == [
            {"line": 6, "code": "not_an_email"},
            {"line": 7, "code": "contact_required"},
            {"line": 8, "code": "not_a_date"},
            {"line": 9, "code": "not_an_amount"},
        ]
        assert not Customer.objects.exists()

    def test_brings_the_right_rows_in_once_it_is_started(self, shop: Shop) -> None:
        transfer = brought(shop, FILE)
        work()

        started(transfer, shop)
        work()

        transfer.refresh_from_db()
        anna = Customer.objects.get(email="anna@example.com")
        assert (transfer.status, transfer.rows_done, transfer.failed_rows) == ("done", 7, 4)
        assert (anna.phone, anna.name, str(anna.birth_on)) == ("+79037335471", "Анна", "1990-04-12")
        assert Customer.objects.get(phone="+79001234567").name == "=1+1"
        assert shop.balances()["anna@example.com"] == (1250.5, 0)
        assert LedgerTransaction.objects.get().kind == "opening"
        assert count_ledger_discrepancies() == 0

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
    def test_reads_what_spreadsheets_save(self, shop: Shop, encoding: str) -> None:
        transfer = brought(shop, "почта;имя;баллы\nanna@example.com;Анна;5\n".encode(encoding))
        work()

        started(transfer, shop)
        work()

        assert Customer.objects.get().name == "Анна"
        assert shop.balances() == {"anna@example.com": (5, 0)}

    def test_completes_customers_who_are_known(self, shop: Shop) -> None:
        accrue(shop, purchase())
        transfer = brought(shop, "email,phone,points\nanna@example.com,+79001234567,10\n")
        work()

        started(transfer, shop)
        work()

        assert Customer.objects.get().phone == "+79001234567"
        assert shop.balances() == {"anna@example.com": (60, 0)}

    def test_gives_nobody_points_to_begin_with_twice(self, shop: Shop) -> None:
        for points in ("250", "300"):
            transfer = brought(shop, f"email,phone,points\nanna@example.com,,{points}\nb@example.com,,0\n")
            work()
            transfer.refresh_from_db()
            checked = transfer.errors
            started(transfer, shop)
            work()

        transfer.refresh_from_db()
        assert checked == transfer.errors == [{"line": 2, "code": "points_given_before"}]
        assert shop.balances()["anna@example.com"] == (250, 0)
        assert count_ledger_discrepancies() == 0

    @pytest.mark.parametrize("rows_at_once", [1, 500])
    def test_takes_the_first_of_rows_that_name_one_person(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
    ) -> None:
        monkeypatch.setattr(worker, "ROWS_AT_ONCE", rows_at_once)
        rows = [
            "anna@example.com,+79037335471,5",
            "Anna@example.com,,7",
            ",8 903 733-54-71,9",
            "b@example.com,,1",
        ]
        transfer = brought(shop, "\n".join(["email,phone,points", *rows]))
        work()
        transfer.refresh_from_db()
        checked = transfer.errors

        started(transfer, shop)
        work()

        transfer.refresh_from_db()
        assert checked == transfer.errors == [{"line": line, "code": "repeated_in_file"} for line in (3, 4)]
        assert shop.balances() == {"anna@example.com": (5, 0), "b@example.com": (1, 0)}

    def test_knows_one_person_by_two_contacts(self, shop: Shop) -> None:
        accrue(shop, purchase())
        Customer.objects.update(phone="+79037335471")
        transfer = brought(shop, "email,phone,points\nanna@example.com,,5\n,+79037335471,9\n")
        work()

        started(transfer, shop)
        work()

        transfer.refresh_from_db()
        assert transfer.errors == [{"line": 3, "code": "points_given_before"}]
        assert shop.balances() == {"anna@example.com": (55, 0)}

    def test_remembers_the_points_of_who_was_merged(self, shop: Shop) -> None:
        transfer = brought(shop, "email,phone,points\nanna@example.com,,5\n")
        work()
        started(transfer, shop)
        work()
        other = Customer.objects.create(project=shop.project, email="b@example.com")
        Customer.objects.filter(email="anna@example.com").update(merged_into=other)

        assert opened_customers([other.id]) == {other.id}

    def test_goes_on_where_a_dead_worker_has_stopped(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(worker, "ROWS_AT_ONCE", 10)
        transfer = brought(shop, many(35))
        work()
        started(transfer, shop)
        dies_after(2, monkeypatch)

        with pytest.raises(KeyboardInterrupt):
            run_transfers(clock=lambda: NOON)
        monkeypatch.undo()
        monkeypatch.setattr(worker, "ROWS_AT_ONCE", 10)
        transfer.refresh_from_db()
        half_way = (transfer.status, transfer.rows_done, Customer.objects.count())
        work(NOON + LEASE - timedelta(seconds=1))
        untouched = Customer.objects.count()
        work(NOON + LEASE)

        transfer.refresh_from_db()
        assert half_way == ("running", 20, 20)
        assert untouched == 20
        assert (transfer.status, transfer.rows_done) == ("done", 35)
        assert set(shop.balances().values()) == {(10, 0)}
        assert LedgerTransaction.objects.count() == 35

    def test_is_left_to_the_worker_that_has_taken_it_over(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        transfer = brought(shop, many(3))
        work()
        started(transfer, shop)
        slow = worker.import_rows

        def overtaken(**given: Any) -> Any:
            monkeypatch.setattr(worker, "import_rows", slow)
            found = slow(**given)
            claim_transfer(now=NOON + LEASE)
            return found

        monkeypatch.setattr(worker, "import_rows", overtaken)
        run_transfers(clock=lambda: NOON)

        assert not Customer.objects.exists()

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"email\n\x98", "not_text"),
            (b"\xff\xfe", "no_contact_column"),
            (b"\xff\xfe\x00", "not_text"),
            (b"PK\x03\x04 a workbook", "not_csv"),
            ("name,points\nAnna,5\n", "no_contact_column"),
            ("", "no_contact_column"),
            ("email,e-mail\na@example.com,b@example.com\n", "column_twice"),
            ("email\n\x00", "not_csv"),
            ('email\n"' + "x" * 200_000, "not_csv"),
        ],
    )
    def test_says_why_a_file_cannot_be_read(self, shop: Shop, content: str | bytes, code: str) -> None:
        transfer = brought(shop, content)

        work()

        transfer.refresh_from_db()
        assert (transfer.status, transfer.errors) == ("failed", [{"line": 0, "code": code}])

    def test_of_too_many_rows_is_refused(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("loyalty.customer_files.MOST_ROWS", 2)
        transfer = brought(shop, many(3))

        work()

        transfer.refresh_from_db()
        assert transfer.errors == [{"line": 0, "code": "too_many_rows"}]

    def test_that_fails_is_given_up_with_what_it_had_done(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(worker, "ROWS_AT_ONCE", 10)
        transfer = brought(shop, many(35))
        work()
        started(transfer, shop)
        dies_after(1, monkeypatch, error=OSError)

        work()

        transfer.refresh_from_db()
        assert (transfer.status, transfer.rows_done, transfer.errors[0]["code"]) == ("failed", 10, "internal_error")
        assert Customer.objects.count() == 10


class TestRequests:
    def test_of_a_file_that_is_too_large_are_refused(self, shop: Shop) -> None:
        with pytest.raises(FileTooLarge):
            brought(shop, b"x" * (5 * 1024 * 1024 + 1))

    def test_are_refused_while_five_wait(self, shop: Shop) -> None:
        for _ in range(5):
            brought(shop, FILE)

        with pytest.raises(TooManyTransfers):
            brought(shop, FILE)

    def test_start_only_what_was_checked(self, shop: Shop) -> None:
        transfer = brought(shop, FILE)
        with pytest.raises(NotChecked):
            started(transfer, shop)
        work()
        started(transfer, shop)

        with pytest.raises(NotChecked):
            started(transfer, shop)


class TestExport:
    def exported(self, shop: Shop, kind: str) -> str:
        with use_case():
            transfer = request_export(project=shop.project, actor_id=shop.owner.id, kind=kind, now=NOON)
        work()
        transfer.refresh_from_db()
        assert (transfer.status, transfer.rows_done) == ("done", transfer.rows_total)
        return bytes(transfer.content).decode("utf-8-sig")

    def test_holds_every_customer_of_the_project_only(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(worker, "EXPORTED_AT_ONCE", 2)
        accrue(shop, *(purchase(f"A-{number}", email=f"c{number}@example.com") for number in range(5)))
        accrue(make_shop(), purchase(email="neighbour@example.com"))

        lines = self.exported(shop, "export_customers").splitlines()

        assert len(lines) == 6
        assert sorted(line.split(",")[1] for line in lines[1:]) == [f"c{number}@example.com" for number in range(5)]
        assert all(line.endswith(",50.00,0") for line in lines[1:])

    def test_is_no_formula_for_a_spreadsheet(self, shop: Shop) -> None:
        accrue(shop, purchase(name='=HYPERLINK("http://evil.example")'))

        text = self.exported(shop, "export_customers")

        assert "'=HYPERLINK" in text
        assert ",=" not in text
        assert ',"=' not in text

    def test_can_be_brought_in_again(self, shop: Shop) -> None:
        accrue(shop, purchase(name="-Anna"))
        text = self.exported(shop, "export_customers")
        other = make_shop()
        transfer = brought(other, text)
        work()

        started(transfer, other)
        work()

        assert other.balances() == {"anna@example.com": (50, 0)}
        assert Customer.objects.get(project=other.project).name == "-Anna"

    def test_of_movements_tells_their_points(self, shop: Shop) -> None:
        accrue(shop, purchase())

        [_, line] = self.exported(shop, "export_transactions").splitlines()

        assert line.split(",")[2:] == ["accrual", "anna@example.com", "", "A-1", "50.00"]


def dies_after(chunks: int, monkeypatch: pytest.MonkeyPatch, error: type[BaseException] = KeyboardInterrupt) -> None:
    """Let the worker die in the middle of the chunk behind so many."""
    real, done = worker.import_rows, []

    def mortal(**given: Any) -> Any:
        found = real(**given)
        if len(done) == chunks:
            raise error
        done.append(1)
        return found

    monkeypatch.setattr(worker, "import_rows", mortal)
