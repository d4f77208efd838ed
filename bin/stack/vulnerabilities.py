"""Ask which of the pinned requirements have known vulnerabilities.

Ends with 0: none is known; 1: some are, and printed; 2: it can't be said on this machine, and the reason is printed. The
service that knows is not reachable everywhere, and a mirror of the index without it must not look like good news.
"""

import json
import subprocess
import sys
from typing import Any

from stack import paths, processes

PATIENCE_SECONDS = 60
NONE_KNOWN, SOME_KNOWN, UNKNOWN = 0, 1, 2


def main() -> int:
    try:
        answer = ask()
    except subprocess.TimeoutExpired:
        print(f"no answer in {PATIENCE_SECONDS} s")
        return UNKNOWN
    try:
        requirements = json.loads(answer.stdout)["dependencies"]
    except ValueError:
        print("its service can't be reached from this machine")
        return UNKNOWN
    return tell(requirements)


def ask() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            processes.script("pip-audit"),
            *("--format", "json", "--progress-spinner", "off", "--timeout", "10"),
            # The file pins every version, so that nothing needs to be resolved or installed.
            *("--disable-pip", "--no-deps", "--requirement", str(paths.PROJECT / "constraints.txt")),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def tell(requirements: list[dict[str, Any]]) -> int:
    """Print each vulnerability, or why nothing can be said, and return the exit status."""
    unknown = [requirement["name"] for requirement in requirements if "skip_reason" in requirement]
    vulnerable = [requirement for requirement in requirements if requirement.get("vulns")]
    for requirement in vulnerable:
        for vulnerability in requirement["vulns"]:
            fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
            print(f"{requirement['name']} {requirement['version']}: {vulnerability['id']}, fixed in {fixed}")
    if vulnerable:
        return SOME_KNOWN
    if unknown:
        print(f"the index of this machine knows nothing of {len(unknown)} of {len(requirements)} requirements")
        return UNKNOWN
    return NONE_KNOWN


if __name__ == "__main__":
    sys.exit(main())
