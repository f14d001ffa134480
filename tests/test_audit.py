"""The audit of the lock: a weakness fails, silence is told loudly, a broken tool fails."""

import json

import pytest

from tests.audit import verdict

CLEAN = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
WEAK = {"name": "jinja2", "version": "3.1.0", "vulns": [{"id": "PYSEC-2099-1", "fix_versions": ["3.1.9"]}]}
UNKNOWN = {"name": "uvloop", "skip_reason": "Dependency not found on PyPI and could not be audited: uvloop (0.22)"}
OFFLINE = "Traceback …\nrequests.exceptions.ConnectionError: Max retries exceeded"


def told(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


@pytest.mark.parametrize(
    ("code", "output", "errors", "fails", "said"),
    [
        pytest.param(0, told(CLEAN), "", False, "1 packages, no known weakness", id="clean"),
        pytest.param(1, told(CLEAN, WEAK), "", True, "PYSEC-2099-1, mended in 3.1.9", id="weak"),
        pytest.param(1, told(UNKNOWN, WEAK), "", True, "jinja2 3.1.0", id="weak beside an unknown one"),
        pytest.param(0, told(CLEAN, UNKNOWN), "", False, "NOT AUDITED: 1 of 2", id="unknown to the service"),
        pytest.param(1, "", OFFLINE, False, "NOT AUDITED: the advisory service", id="no network"),
        pytest.param(1, "", "no answer in time", False, "NOT AUDITED", id="hangs"),
        pytest.param(1, "", "ERROR: hash mismatch for aiohttp", True, "hash mismatch", id="other bytes than we pinned"),
        pytest.param(2, "", "", True, "did not work", id="a broken tool"),
    ],
)
def test_it_fails_only_for_what_it_knows(code: int, output: str, errors: str, fails: bool, said: str) -> None:
    found = verdict(code, output, errors)
    assert found.fails is fails
    assert said in "\n".join(found.lines)
