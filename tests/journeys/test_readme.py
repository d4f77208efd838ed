"""README.md's commands, as a stranger types them."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.architecture.sources import ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def typed(commands: str, *, also: str = "") -> str:
    """Run commands in the clone's folder against the running system; return what they say."""
    demo = Path(os.environ["AQUASTREAM_DEMO"])
    done = subprocess.run(
        ["bash", "-eu", "-c", f". bin/demo-variables\n{commands}\n{also}"],
        cwd=ROOT,
        env=os.environ | {"AQUASTREAM_STATE": str(demo.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def blocks() -> list[str]:
    return [block for block in BLOCK.findall((ROOT / "README.md").read_text()) if "curl" in block]


class TestTheCommandsOfTheReadme:
    def test_hold_seats_and_say_where_to_pay(self, stack: dict[str, Any]) -> None:
        give_back = (
            'curl -s -X POST "$WEB/api/v1/bookings/$BOOKING/cancel/" '
            '-H "Authorization: Bearer $USER2_TOKEN" -H "Idempotency-Key: back-$BOOKING" > /dev/null'
        )

        said = typed(blocks()[0], also=give_back)

        assert f"{stack['web']}/" in said
        assert "sandbox" in said

    def test_earn_a_bonus(self, stack: dict[str, Any]) -> None:
        said = typed(blocks()[1])

        assert '"status":"accepted"' in said or '"status":"duplicate"' in said
        assert "results" in said
