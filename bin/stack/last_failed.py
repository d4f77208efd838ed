"""Name the tests that failed in the last run, if they are few."""

import argparse
import json
from pathlib import Path


def names(cache: Path) -> list[str]:
    """Return what pytest's cache in this folder says has failed."""
    return sorted(json.loads((cache / "v" / "cache" / "lastfailed").read_text(encoding="utf-8")))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--at-most", type=int, required=True)
    given = parser.parse_args()
    found = names(given.cache)
    if not 0 < len(found) <= given.at_most:
        return 1
    print("\n".join(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
