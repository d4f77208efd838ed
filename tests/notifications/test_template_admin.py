"""How people write messages in the back office: a template, its drafts, trying them, putting them into use."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from common.problems import InvalidInput
from common.transactions import use_case
from notifications.models import NotificationEvent, Template, TemplateVersion
from notifications.models.choices import Channel
from notifications.services.check_texts import check_texts
from notifications.services.define_template import define_template
from notifications.services.draft_text import NoDraft, change_draft, draft_text
from notifications.services.load_default_templates import FOLDER, load_default_templates
from notifications.services.publish_version import VersionInUse, publish_version
from tests.factories.accounts import make_user
from tests.factories.notifications import make_template, sample_bytes
from tests.notifications.conftest import MailServer
from tests.notifications.test_journal_admin import office_of

pytestmark = pytest.mark.django_db
TEMPLATES = "/admin/notifications/template/"
VERSIONS = "/admin/notifications/templateversion/"
NEW: dict[str, Any] = {
    "code": "spring_sale",
    "description": "Spring",
    "category": "marketing",
    "variables": "percent",
    "sample": '{"percent": 20}',
}


@pytest.fixture
def office() -> Client:
    return office_of(make_user(is_staff=True, is_superuser=True, email="chief@example.com"))


def draft(template: Template, **texts: str) -> TemplateVersion:
    given = {"channel": "email", "locale": "ru", "subject": "s", "body": "b", "link": ""} | texts
    with use_case():
        return draft_text(template=template, **given)


def publish(version: TemplateVersion) -> TemplateVersion:
    with use_case():
        return publish_version(version_id=version.id, actor_id=make_user().id, now=timezone.now())


def statuses(template: Template) -> list[str]:
    return list(template.versions.order_by("version").values_list("status", flat=True))


class TestDefineTemplate:
    def test_adds_a_message_for_which_an_event_has_waited(self, office: Client, post_event: Any) -> None:
        document = json.loads(sample_bytes("campaign_triggered"))
        document["payload"] |= {"template_code": "spring_sale", "channels": ["email"]}
        office.post("/admin/notifications/segment/add/", {"code": "bf_2025_loyal_customers", "is_everybody": "on"})
        assert post_event(document).json()["blocked_on"] == "template:spring_sale"

        answer = office.post(f"{TEMPLATES}add/", NEW | {"variables": "", "sample": "{}"})
        template = Template.objects.get(code="spring_sale")
        publish(draft(template))

        assert answer.status_code == 302
        assert post_event(document).status_code == 200
        assert NotificationEvent.objects.get().status == "planning"
        assert AuditEntry.objects.filter(action="notifications.define_template", target_id="spring_sale").exists()

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"code": "Spring sale"}, "code"),
            ({"code": "booking_held"}, "code"),
            ({"variables": "percent, 7up"}, "variables"),
            ({"variables": "percent, site_url"}, "variables"),
            ({"sample": "{}"}, "sample"),
            ({"sample": "[]"}, "sample"),
            ({"sample": "{"}, "sample"),
        ],
    )
    def test_refuses_what_no_text_could_be_written_for(self, office: Client, change: Any, field: str) -> None:
        answer = office.post(f"{TEMPLATES}add/", NEW | change)

        assert answer.status_code == 200
        assert field in answer.context["adminform"].form.errors
        assert not Template.objects.filter(code__in=["spring_sale", "Spring sale"]).exists()

    def test_takes_no_value_away_that_a_text_in_use_shows(self) -> None:
        template = make_template(variables=["percent"], sample={"percent": 20})
        publish(draft(template, body="{{ percent }} %"))

        with use_case(), pytest.raises(InvalidInput) as caught:
            define_template(
                code=template.code,
                description="",
                category="marketing",
                is_urgent=False,
                variables=[],
                sample={},
                actor_id=make_user().id,
                now=timezone.now(),
            )

        assert [one.pointer for one in caught.value.errors] == ["/variables"]

    def test_leaves_the_products_own_messages_alone(self, office: Client) -> None:
        welcome = Template.objects.get(code="welcome")

        answer = office.post(f"{TEMPLATES}{welcome.id}/change/", NEW)

        assert answer.status_code == 403
        assert Template.objects.get(code="welcome").category == welcome.category


class TestDraftText:
    def test_reaches_nobody_before_it_is_put_into_use(self, office: Client) -> None:
        template = make_template()
        given = {"template": template.id, "channel": "email", "locale": "ru", "subject": "New", "body": "New"}

        office.post(f"{VERSIONS}add/", given)
        new = template.versions.get(status="draft")
        office.post(f"{VERSIONS}{new.id}/change/", {"subject": "Newer", "body": "Newer"})

        assert statuses(template) == ["published", "draft"]
        new.refresh_from_db()
        assert (new.subject, new.body, new.version) == ("Newer", "Newer", 2)

    def test_changes_nothing_that_was_in_use(self, office: Client) -> None:
        version = make_template().versions.get()

        answer = office.post(f"{VERSIONS}{version.id}/change/", {"subject": "x", "body": "x"})
        with use_case(), pytest.raises(NoDraft):
            change_draft(version_id=version.id, subject="x", body="x", link="")

        assert answer.status_code == 403
        assert office.post(f"{VERSIONS}{version.id}/delete/", {"post": "yes"}).status_code == 403

    def test_keeps_the_products_next_text_from_nobody(self) -> None:
        template = Template.objects.get(code="welcome")
        shipped = template.versions.get(channel="email", locale="ru", status="published")
        TemplateVersion.objects.filter(id=shipped.id).update(body="Outdated")
        draft(template)

        with use_case():
            assert load_default_templates(now=timezone.now()) == 1


class TestCheckTexts:
    @pytest.mark.parametrize(
        ("texts", "pointer"),
        [
            ({"body": "{{ ''['__class__'] }}"}, "/body"),
            ({"body": "{% if percent > 99 %}{{ ''['__class__'] }}{% endif %}"}, "/body"),
            ({"body": "[here](//evil.example/)"}, "/body"),
            ({"body": "[here](http://evil.example/)"}, "/body"),
            ({"body": "x" * 100_001}, "/body"),
            ({"body": "{{ percent / 0 }}"}, "/body"),
            ({"subject": "Hi\r\nBcc: z@example.com"}, "/subject"),
            ({"link": "javascript:alert(1)"}, "/link"),
            ({"link": "data:text/html,x"}, "/link"),
            ({"link": "//evil.example/"}, "/link"),
            ({"link": "/\\evil.example/"}, "/link"),
            ({"link": "https://a b/"}, "/link"),
            ({"link": "https://"}, "/link"),
            ({"link": "{{ percent }}"}, "/link"),
            ({"link": "https://[x/"}, "/link"),
        ],
    )
    def test_refuses(self, texts: dict[str, str], pointer: str) -> None:
        given = {"subject": "s", "body": "b", "link": ""} | texts

        with pytest.raises(InvalidInput) as caught:
            check_texts(texts=given, declared=["percent"], sample={"percent": 20}, locale="en")

        assert [one.pointer for one in caught.value.errors] == [pointer]

    @pytest.mark.parametrize("link", ["", "/events/", "{{ site_url }}/{{ percent }}/", "https://example.com/?a=1"])
    def test_takes_a_link_that_leads_somewhere(self, link: str) -> None:
        texts = {"subject": "{{ percent }}", "body": "b", "link": link}

        check_texts(texts=texts, declared=["percent"], sample={"percent": 20}, locale="en")

    @pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
    def test_takes_every_text_that_ships_with_the_product(self, path: Path) -> None:
        shipped = tomllib.loads(path.read_text())

        for channel in Channel.values:
            for locale, given in shipped.get(channel, {}).items():
                texts = {"subject": given["subject"], "body": given["body"].strip(), "link": given.get("link", "")}
                check_texts(
                    texts=texts, declared=shipped.get("variables", []), sample=shipped.get("sample", {}), locale=locale
                )


class TestPreview:
    def test_shows_the_mail_in_a_frame_and_the_values_that_fill_it(self, office: Client) -> None:
        template = make_template(variables=["percent"], sample={"percent": 20})
        new = draft(template, body="**{{ percent }} %** <script>alert(1)</script>")

        page = office.get(f"{VERSIONS}{new.id}/change/").content.decode()
        mail = office.get(f"{VERSIONS}{new.id}/mail/")

        assert f'src="{VERSIONS}{new.id}/mail/"' in page
        assert "<code>percent</code>: 20" in page
        assert "<strong>20 %</strong>" in mail.content.decode()
        assert "<script" not in mail.content.decode()

    def test_lets_nothing_run_and_nobody_else_frame_it(self, office: Client) -> None:
        mail = office.get(f"{VERSIONS}{make_template().versions.get().id}/mail/")

        policy = dict(part.partition(" ")[::2] for part in mail["Content-Security-Policy"].split("; "))
        assert mail["X-Frame-Options"] == "SAMEORIGIN"
        assert (policy["default-src"], policy["frame-ancestors"], policy["sandbox"]) == ("'none'", "'self'", "")

    def test_says_what_is_broken_instead(self, office: Client) -> None:
        version = make_template().versions.get()
        TemplateVersion.objects.filter(id=version.id).update(body="{{ gone }}")

        page = office.get(f"{VERSIONS}{version.id}/change/").content.decode()
        mail = office.get(f"{VERSIONS}{version.id}/mail/")

        assert "is undefined" in page
        assert (mail["Content-Type"], "is undefined" in mail.content.decode()) == ("text/plain; charset=utf-8", True)

    def test_is_for_those_who_may_read_texts(self, office: Client) -> None:
        version = make_template().versions.get()

        assert office_of(make_user(is_staff=True)).get(f"{VERSIONS}{version.id}/mail/").status_code == 403
        assert office.get(f"{VERSIONS}{make_user().id}/mail/").status_code == 404


class TestPublishVersion:
    def test_keeps_the_one_before_and_can_go_back_to_it(self) -> None:
        template = make_template()
        first, second = template.versions.get(), draft(template)

        publish(second)
        after = statuses(template)
        publish(first)

        assert (after, statuses(template)) == (["retired", "published"], ["published", "retired"])
        changes = AuditEntry.objects.filter(action="notifications.publish_template").order_by("id")
        assert [entry.changes["version"] for entry in changes] == [[1, 2], [2, 1]]

    def test_has_nothing_to_do_for_one_in_use(self) -> None:
        template = make_template()

        with pytest.raises(VersionInUse):
            publish(template.versions.get())
        assert statuses(template) == ["published"]

    def test_refuses_one_that_its_template_has_left_behind(self) -> None:
        template = make_template(variables=["percent"], sample={"percent": 20})
        old = draft(template, body="{{ percent }}")
        Template.objects.filter(id=template.id).update(variables=[], sample={})

        with pytest.raises(InvalidInput):
            publish(old)


class TestSteps:
    def test_are_those_that_can_do_something(self, office: Client) -> None:
        template = make_template(channels=("email", "push"))
        mail, push = template.versions.get(channel="email"), template.versions.get(channel="push")
        new = draft(template)

        def offered(version: TemplateVersion) -> set[str]:
            page = office.get(f"{VERSIONS}{version.id}/change/").content.decode()
            return {name for name in ("test", "publish", "copy") if f"{name}-this" in page or f"{name}_this" in page}

        assert [offered(one) for one in (mail, push, new)] == [{"test", "copy"}, {"copy"}, {"test", "publish"}]

    def test_take_a_copy_and_send_it_to_who_asks(self, office: Client, mail_server: MailServer) -> None:
        template = make_template()
        version = template.versions.get()

        copied = office.post(f"{VERSIONS}{version.id}/steps/copy/")
        new = template.versions.get(status="draft")
        tried = office.post(f"{VERSIONS}{new.id}/steps/test/", follow=True)

        assert copied["Location"] == f"{VERSIONS}{new.id}/change/"
        assert (new.subject, new.body) == (version.subject, version.body)
        assert "done." in tried.content.decode()
        assert [mail["To"] for mail in mail_server.mails] == ["chief@example.com"]

    def test_do_nothing_by_being_looked_at_or_without_the_right(self, office: Client) -> None:
        template = make_template()
        new = draft(template)
        reader = make_user(is_staff=True)
        reader.user_permissions.set(Permission.objects.filter(codename="view_templateversion"))
        path = f"{VERSIONS}{new.id}/steps/publish/"

        looked = office.get(path)
        powerless = office_of(reader).post(path)

        assert (looked.status_code, powerless.status_code) == (200, 403)
        assert office.get(f"{VERSIONS}{new.id}/steps/nonsense/").status_code == 404
        assert statuses(template) == ["published", "draft"]
