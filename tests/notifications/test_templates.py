import tomllib
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.problems import InvalidInput
from common.transactions import use_case
from notifications.models import Template, TemplateVersion
from notifications.rendering.markdown import to_html, to_text
from notifications.rendering.sandbox import TemplateIsBroken, markdown_safe, render
from notifications.services.load_default_templates import FOLDER, load_default_templates
from notifications.services.publish_template import publish_template
from notifications.services.send_test_mail import SampleNotSent, preview, send_test_mail
from tests.factories.notifications import make_template
from tests.notifications.conftest import MailServer

pytestmark = pytest.mark.django_db

BROKEN = [
    "{{ ''.__class__.__mro__ }}",
    "{{ recipient_name.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{% for one in range(10**9) %}x{% endfor %}",
    "{{ 'x' * 10**6 }}",
    "{{ unknown }}",
    "{% if %}",
    "{{ 1/0 }}",
    "{{ 'x'|day }}",
    "{{ recipient_name.upper() }}",
    "{{ recipient_name|attr('__class__') }}",
    "{{ recipient_name['__class__'] }}",
    "{{ '%0999999999d' % 1 }}",
    "{{ recipient_name ~ recipient_name }}",
    "{% set x = 'x' %}{{ x }}",
    "{{ recipient_name|center(10**8) }}",
    "{{ 9**9**9 }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include 'notifications/mail.html' %}",
    "{% for a in many %}{% for b in many %}{% endfor %}{% endfor %}",
    "{% for a in many recursive %}{{ loop(many) }}{% endfor %}",
    "{% for a in many %}{{ long }}{% endfor %}",
    "{{ self }}",
    "{{" + "(" * 300 + "1" + ")" * 300 + "}}",
]


def shipped_texts() -> list[tuple[str, str, str]]:
    texts = []
    for path in sorted(FOLDER.glob("*.toml")):
        for channel, locales in tomllib.loads(path.read_text()).items():
            if isinstance(locales, dict) and channel in ("email", "push", "in_app"):
                texts += [(path.stem, channel, locale) for locale in locales]
    return texts


class TestRender:
    @pytest.mark.parametrize("source", BROKEN)
    def test_refuses_what_the_sandbox_forbids(self, source: str) -> None:
        with pytest.raises(TemplateIsBroken):
            render(source, {"recipient_name": "x", "many": list(range(20_000)), "long": "x" * 9_000}, locale="en")

    def test_writes_times_as_people_at_the_place_do(self) -> None:
        source = "{{ at|local_time('Asia/Barnaul') }}"

        in_russian = render(source, {"at": "2026-07-05T02:00:00+00:00", "locale": "ru"}, locale="ru")
        in_english = render(source, {"at": "2026-07-05T02:00:00+00:00", "locale": "en"}, locale="en")

        assert (in_russian, in_english) == ("5 июля 2026, 09:00", "5 July 2026, 09:00")

    def test_writes_money_and_days_by_the_language(self) -> None:
        source = "{{ '1500.00'|money('RUB') }} {{ '2025-11-15'|day }}"

        assert render(source, {"locale": "ru"}, locale="ru") == "1 500,00 ₽ 15 ноября 2025 г."
        assert render(source, {"locale": "en"}, locale="en") == "RUB 1,500.00 15 November 2025"
        assert render("{{ '-5'|money('USD') }}", {"locale": "en"}, locale="en") == "-$5.00"

    def test_shows_a_link_alone_in_its_paragraph_as_a_button(self) -> None:
        page = to_html("[Open *it*](https://a.example/)\n\nSee [this](https://b.example/).\n\n[One](/1) [two](/2)")

        assert page.count('class="action"') == 1
        assert '<a href="https://a.example/" class="action">Open <em>it</em></a>' in page

    @pytest.mark.parametrize(("amount", "shown"), [("120.00", "120"), ("1234.50", "1 234,5"), ("0.05", "0,05")])
    def test_writes_points_without_empty_cents(self, amount: str, shown: str) -> None:
        assert render("{{ amount|points }}", {"amount": amount, "locale": "ru"}, locale="ru") == shown

    def test_puts_values_on_one_line_without_meaning_for_markdown(self) -> None:
        value = "# a\n\n* [b](c) <d> `e` \\f"

        assert to_text(markdown_safe(value)) == "# a * [b](c) <d> `e` \\f"


class TestShippedTexts:
    @pytest.mark.parametrize(("code", "channel", "locale"), shipped_texts())
    def test_are_whole_in_both_languages(self, code: str, channel: str, locale: str) -> None:
        version = TemplateVersion.objects.select_related("template").get(
            template__code=code, channel=channel, locale=locale, status="published"
        )

        message = preview(version=version)

        assert message.subject
        assert message.text
        assert "{{" not in message.text + message.html + message.link
        assert TemplateVersion.objects.filter(template__code=code, channel=channel, status="published").count() == 2

    def test_confirm_a_booking_with_all_one_needs_to_know(self) -> None:
        version = TemplateVersion.objects.select_related("template").get(
            template__code="booking_confirmed", channel="email", locale="ru"
        )

        text = preview(version=version).text

        for needed in ("Сплав по Катуни", "5 июля 2026, 09:00", "Взрослый × 2", "3 000,00 ₽", "/bookings/01990000"):
            assert needed in text.replace("\xa0", " ").replace(" ", " ")


class TestLoadDefaultTemplates:
    def test_publishes_nothing_that_is_there(self) -> None:
        call_command("load_templates", verbosity=0)

        assert not TemplateVersion.objects.filter(version__gt=1).exists()

    def test_brings_a_changed_text_as_the_next_version(self) -> None:
        TemplateVersion.objects.filter(template__code="welcome", channel="email", locale="ru").update(body="old")

        with use_case():
            count = load_default_templates(now=timezone.now())

        published = TemplateVersion.objects.get(
            template__code="welcome", channel="email", locale="ru", status="published"
        )
        assert (count, published.version) == (1, 2)
        assert published.body != "old"

    def test_leaves_a_text_alone_that_people_have_written(self) -> None:
        template = Template.objects.get(code="welcome")
        with use_case():
            publish_template(
                template=template,
                channel="email",
                locale="ru",
                subject="Ours",
                body="Ours",
                link="",
                now=timezone.now(),
            )

        with use_case():
            count = load_default_templates(now=timezone.now())

        assert count == 0


class TestPublishTemplate:
    def publish(self, template: Template, **texts: str) -> TemplateVersion:
        with use_case():
            return publish_template(
                template=template,
                channel="email",
                locale="ru",
                **({"subject": "s", "body": "b", "link": ""} | texts),
                now=timezone.now(),
            )

    def test_retires_the_version_before(self) -> None:
        template = make_template()

        second = self.publish(template, body="second")

        versions = TemplateVersion.objects.filter(template=template).order_by("version")
        assert [(one.version, one.status) for one in versions] == [(1, "retired"), (2, "published")]
        assert second.body == "second"

    @pytest.mark.parametrize("text", ["{{ secret }}", "{% if %}"])
    def test_refuses_texts_that_could_not_be_rendered(self, text: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            self.publish(make_template(), subject=text, body=text)

        assert {one.pointer for one in caught.value.errors} == {"/subject", "/body"}


class TestSendTestMail:
    def test_sends_the_sample_to_who_asks(self, mail_server: MailServer) -> None:
        template = make_template()

        send_test_mail(version=template.versions.get(), recipient_id=template.id, to="me@example.com")

        assert [mail["To"] for mail in mail_server.mails] == ["me@example.com"]

    def test_tells_why_it_could_not(self, mail_server: MailServer) -> None:
        mail_server.refuse_recipient = "550 no"
        template = make_template(channels=("email", "push"))

        for channel in ("email", "push"):
            with pytest.raises(SampleNotSent):
                send_test_mail(version=template.versions.get(channel=channel), recipient_id=template.id, to="me@x.org")


class TestConstraints:
    def test_keep_texts_in_order(self) -> None:
        template = make_template()
        first: Any = {"template": template, "channel": "email", "locale": "ru", "subject": "s", "body": "b"}
        broken: dict[str, Any] = {
            "notifications_template_code_unique": lambda: make_template(code=template.code),
            "notifications_template_version_once": lambda: TemplateVersion.objects.create(**first, version=1),
            "notifications_template_version_one_published": lambda: TemplateVersion.objects.create(
                **first, version=2, status="published"
            ),
        }

        for name, violate in broken.items():
            with pytest.raises(IntegrityError, match=name), transaction.atomic():
                violate()
