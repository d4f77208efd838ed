"""The form of a mail: what is signed by DKIM must come through any relay as it was written."""

import email
import email.policy
import re
from collections import Counter

import pytest

from notifications.models import TemplateVersion
from tests.factories.notifications import make_job, make_recipient, make_template
from tests.notifications.conftest import MailServer
from tests.notifications.flow import send

pytestmark = pytest.mark.django_db
LONGEST_LINE = 998
SIGNED = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "List-Unsubscribe", "List-Unsubscribe-Post")
HOSTILE_NAME = "Анна\r\nBcc: all@example.com\nX-Evil: 1 " + "очень " * 18


def relaxed(raw: bytes) -> dict[str, str]:
    """Return the signed headers in DKIM's relaxed form (RFC 6376, section 3.4.2)."""
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
    unfolded = re.sub(r"\r\n(?=[ \t])", "", head)
    fields = [line.split(":", 1) for line in unfolded.split("\r\n")]
    return {name.lower().strip(): re.sub(r"[ \t]+", " ", value).strip() for name, value in fields}


@pytest.fixture
def raw(mail_server: MailServer) -> bytes:
    template = make_template(category="marketing")
    TemplateVersion.objects.filter(template=template).update(
        subject="{{ recipient_name }}, новости " + "и ещё " * 20, body="# Привет\n\n" + "слово " * 3000
    )
    recipient = make_recipient(display_name=HOSTILE_NAME[:120], marketing_consent_at="2026-01-01T00:00:00Z")
    send([make_job(recipient=recipient, category="marketing", template_code=template.code).id])
    [raw] = mail_server.raw
    return raw


class TestTheFormOfAMail:
    def test_has_each_signed_header_once_and_none_that_a_value_has_brought(self, raw: bytes) -> None:
        names = Counter(name for name, _ in email.message_from_bytes(raw).items())

        assert {name: names[name] for name in SIGNED} == dict.fromkeys(SIGNED, 1)
        assert not {"Bcc", "X-Evil"} & set(names)

    def test_has_short_lines_of_seven_bits_only(self, raw: bytes) -> None:
        lines = raw.split(b"\r\n")

        assert max(map(len, lines)) <= LONGEST_LINE
        assert raw.isascii()
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\x00", raw)

    def test_is_signed_the_same_after_a_relay_has_folded_its_headers_anew(self, raw: bytes) -> None:
        message = email.message_from_bytes(raw, policy=email.policy.SMTP.clone(refold_source="none"))
        folded = message.as_bytes(policy=email.policy.compat32.clone(linesep="\r\n", max_line_length=120))

        before, after = relaxed(raw), relaxed(folded)

        assert {name: after[name.lower()] for name in SIGNED} == {name: before[name.lower()] for name in SIGNED}
        assert folded.split(b"\r\n\r\n", 1)[1] == raw.split(b"\r\n\r\n", 1)[1]

    def test_can_be_unsubscribed_from_by_one_click(self, raw: bytes) -> None:
        message = email.message_from_bytes(raw, policy=email.policy.default)

        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert re.fullmatch(
            r"<https?://[^>\s]+/notifications/unsubscribe/[^>\s]+>", message["List-Unsubscribe"].strip()
        )

    def test_says_the_same_in_both_parts(self, raw: bytes) -> None:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        plain, html = message.get_body(("plain",)), message.get_body(("html",))

        assert plain is not None
        assert html is not None
        assert plain.get_content().count("слово") == html.get_content().count("слово") == 3000
        assert "prefers-color-scheme: dark" in html.get_content()
