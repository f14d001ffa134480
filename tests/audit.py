"""`make lint` asks whether a pinned package has a known weakness: `python -m tests.audit requirements.lock`.

A weakness fails. Where nobody can be asked (no network, a mirror without advisories) that is said loudly, and no more:
a commune's office without internet must still be able to check its copy.
"""

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import orjson

ACCEPTED: dict[str, str] = {}
"""Weaknesses that cannot reach us, by id, each with its reason. They are told at every run."""

UNREACHABLE = ("requests.exceptions.", "vulnerability feed", "not redirecting", "ServiceError", "no answer in time")
WITHIN = 180
"""Seconds for the whole question."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to print, and whether the lint fails."""

    lines: tuple[str, ...]
    fails: bool = False


def verdict(code: int, output: str, errors: str) -> Verdict:
    """Judge one run of pip-audit: its exit code, its JSON and its standard error."""
    try:
        packages: list[dict[str, Any]] = orjson.loads(output)["dependencies"]
    except (orjson.JSONDecodeError, KeyError):
        return _without_answer(errors)
    weak = [f"{each['name']} {each['version']}: {_told(hit)}" for each in packages for hit in each.get("vulns", ())]
    if weak:
        return Verdict(
            (f"{len(weak)} known weaknesses in what we ship:", *(f"\n  {line}" for line in weak)), fails=True
        )
    if code != 0:
        return _without_answer(errors)
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    if skipped:
        return Verdict((_loud(f"{len(skipped)} of {len(packages)} packages are unknown to the advisory service"),))
    return Verdict((f"{len(packages)} packages, no known weakness",))


def _told(hit: dict[str, Any]) -> str:
    return f"{hit['id']}, mended in {', '.join(hit.get('fix_versions', ())) or 'no version yet'}"


def _without_answer(errors: str) -> Verdict:
    last = errors.strip().splitlines()[-1:] or ["it said nothing"]
    if any(sign in errors for sign in UNREACHABLE):
        return Verdict((_loud("the advisory service does not answer"),))
    return Verdict((f"pip-audit did not work: {last[0][:300]}",), fails=True)


def _loud(why: str) -> str:
    return f"!!! NOT AUDITED: {why}. Run `make lint` again where it can be asked. !!!"


def ask(lock: str) -> Verdict:
    """Run pip-audit over a lock with hashes; nothing is installed or resolved."""
    command = [sys.executable, "-m", "pip_audit", "-r", lock, "--require-hashes", "--disable-pip", "-f", "json"]
    ignored = [part for weakness in ACCEPTED for part in ("--ignore-vuln", weakness)]
    try:
        run = subprocess.run(
            [*command, "--progress-spinner", "off", *ignored],
            capture_output=True, text=True, timeout=WITHIN, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return verdict(1, "", "no answer in time")
    return verdict(run.returncode, run.stdout, run.stderr)


def main(locks: list[str]) -> int:
    """Judge each lock; 1 when one fails."""
    failed = False
    for lock in locks:
        found = ask(lock)
        sys.stdout.write(f"audit of {lock}: {' '.join(found.lines)}\n")
        failed |= found.fails
    for weakness, reason in ACCEPTED.items():
        sys.stdout.write(f"accepted {weakness}: {reason}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
