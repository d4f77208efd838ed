"""docs/segments.md tells all of the language, and nothing that isn't of it."""

import json
import re
from pathlib import Path

from notifications.segment_language import MEANINGS, read_conditions

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "segments.md").read_text()


class TestDocument:
    def test_tells_every_condition_once(self) -> None:
        assert re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE) == list(MEANINGS)

    def test_gives_an_example_that_is_one(self) -> None:
        [example] = re.findall(r"```json\n(.+?)```", DOCUMENT, re.DOTALL)

        assert read_conditions(json.loads(example))
