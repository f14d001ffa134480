"""The rules' files: read with their versions, and every fault named by file and line."""

from datetime import date

import pytest

from bot.library.checks import check
from bot.library.library import Library
from tests.library.conftest import FILES, Damage

DEFERRALS, LIMITS = FILES["rules/deferrals.yaml"], FILES["rules/limits.yaml"]
SECOND = DEFERRALS.removeprefix("rules:\n").replace("months: 6", "months: 4")


def test_it_reads_what_holds_on_a_day(content: Damage) -> None:
    library = Library.load(content())
    rules = library.rules.on(date(2026, 11, 23))
    assert (rules.limits.youngest, rules.limits.oldest, rules.limits.heavy_enough) == (18, 60, 45.0)
    assert [rule.id for rule in rules.deferrals] == ["tattoo"]
    assert library.text("rule.tattoo", "vi") == "xăm"


def test_it_keeps_an_old_version_beside_the_new_one(content: Damage) -> None:
    ended = DEFERRALS.replace("valid_from: 2013-11-15", "valid_from: 2013-11-15\n    until: 2027-01-01")
    both = ended + SECOND.replace("2013-11-15", "2027-01-01")
    book = Library.load(content({"rules/deferrals.yaml": both})).rules
    assert book.after("tattoo", date(2026, 3, 1)) == date(2026, 9, 1)
    assert book.after("tattoo", date(2026, 10, 1)) == date(2027, 2, 1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"rules/deferrals.yaml": DEFERRALS + SECOND}, "two versions of tattoo hold on", id="two at once"),
        pytest.param(
            {"rules/deferrals.yaml": DEFERRALS.replace("{months: 6}", "{weeks: 6}")},
            "deferrals.yaml:3: error: write wait as",
            id="a wait in a unit that the rules do not use",
        ),
        pytest.param(
            {"rules/deferrals.yaml": DEFERRALS.replace("[xam]", "[xăm]")},
            "deferrals.yaml:6: error: xăm should be folded: xam",
            id="words with accents",
        ),
        pytest.param(
            {"rules/deferrals.yaml": DEFERRALS.replace("event", "birthday")},
            "deferrals.yaml:4: error: counted_from is one of recovery, event",
            id="counted from nothing we know",
        ),
        pytest.param(
            {"rules/limits.yaml": LIMITS.replace("    source: [a circular]\n", "")},
            "limits.yaml:2: error: a rule needs its source",
            id="no source",
        ),
        pytest.param(
            {"rules/limits.yaml": LIMITS.replace("youngest: 18", "youngest: 81")},
            "limits.yaml:2: error: age needs youngest and oldest",
            id="ages the wrong way round",
        ),
        pytest.param({"rules/limits.yaml": None}, "limits.yaml:1: error: no version", id="no limits at all"),
        pytest.param(
            {"rules/limits.yaml": LIMITS + "    colour: red\n"}, "colour is not a field here", id="an unknown field"
        ),
        pytest.param({"rules/moon.yaml": "a: 1\n"}, "moon.yaml:1: error: rules are", id="a file of another subject"),
    ],
)
def test_it_names_the_fault(content: Damage, changed: dict[str, str | None], said: str) -> None:
    findings = [str(finding) for finding in check(content(changed))]
    assert any(said in finding for finding in findings), findings


def test_it_warns_of_rules_that_nobody_has_looked_at(content: Damage) -> None:
    findings = [str(finding) for finding in check(content(), date(2027, 7, 1))]
    assert any("intervals was last checked on 2026-11-22" in finding for finding in findings), findings
