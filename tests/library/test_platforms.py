"""The platforms' facts and the templates' forms: what the files say, and every fault with its line."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from bot.domain.loads import Entry
from bot.domain.platforms import RouteKind
from bot.domain.updates import ChannelKind
from bot.library import Library, content_root
from bot.library.checks import check
from bot.library.platform_templates import template_faults
from tests.facts import PLATFORMS
from tests.library.conftest import Damage

FACT = "source: a page, confidence: high, checked_on: 2026-11-22"
ZALO = f"""channel: zalo
zone: Asia/Ho_Chi_Minh
limits:
  text: {{value: 2000, {FACT}}}
  choices: {{value: 0, {FACT}}}
  label: {{value: 100, {FACT}}}
routes:
  text:
    open_hours: {{value: 168, {FACT}}}
"""
FORM = """name: reminder
purpose: reminder
channels:
  zalo: {tag: 2, title: Lời nhắc của anh/chị, buttons: []}
params:
  next_date: {longest: 20}
words:
  vi: Từ ngày {next_date} anh/chị có thể hiến máu lại.
  en: From {next_date} on you can give blood again.
"""


def findings(root: Path) -> list[str]:
    return [str(finding) for finding in check(root) if finding.path.split("/")[1] in ("platforms", "templates")]


def test_it_reads_limits_and_windows() -> None:
    zalo = PLATFORMS[ChannelKind.ZALO]
    assert (zalo.limits.text, zalo.limits.per_minute, zalo.limits.in_flight, zalo.limits.joined) == (2000, 100, 4, True)
    text, phone = zalo.windows[RouteKind.TEXT], zalo.windows[RouteKind.TEMPLATE_PHONE]
    assert (text.free_for, text.open_for, text.price_vnd) == (timedelta(hours=48), timedelta(days=7), 55)
    assert phone.night == (time(22), time(6))
    assert set(PLATFORMS) == set(ChannelKind)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("channel: zalo", "channel: fax", "platforms/zalo.yaml:1: error: channel is one of", id="channel"),
        pytest.param("zone: Asia/Ho_Chi_Minh", "zone: Moon", ":2: error: zone is missing", id="zone"),
        pytest.param("value: 2000, source", "value: many, source", ":4: error: limits.text.value should be a number", id="kind"),
        pytest.param("value: 2000, source", "value: -1, source", ":4: error: limits.text should be a number", id="negative"),
        pytest.param("value: 2000, source", "value: true, source", ":4: error: limits.text should be a number", id="boolean"),
        pytest.param("text: {value: 2000, source: a page", "text: {value: 2000", ":4: error: limits.text needs its source", id="source"),
        pytest.param("2000, source: a page, confidence: high", "2000, source: a page, confidence: sure", ":4: error: limits.text needs its confidence", id="confidence"),
        pytest.param("2000, source: a page, confidence: high, checked_on: 2026-11-22", "2000, source: a page, confidence: high", ":4: error: limits.text needs checked_on", id="checked_on"),
        pytest.param("choices:", "chioces:", ":5: error: chioces is not known here", id="unknown limit"),
        pytest.param("choices:", "chioces:", ":3: error: limits.choices is missing", id="missing limit"),
        pytest.param("  text:\n    open", "  telex:\n    open", ":8: error: telex is no route", id="unknown route"),
        pytest.param("open_hours: {value: 168", 'night: {value: "late"', ":9: error: night is a stretch", id="night"),
        pytest.param("open_hours: {value: 168", "purposes: {value: [party]", ":9: error: purposes are some of", id="purposes"),
    ],
)  # fmt: skip
def test_it_names_what_is_wrong_with_a_platform(content: Damage, old: str, new: str, expected: str) -> None:
    assert old in ZALO
    found = findings(content({"platforms/zalo.yaml": ZALO.replace(old, new, 1)}))
    assert any(expected in finding for finding in found), found


def test_it_misses_the_other_channels(content: Damage) -> None:
    found = findings(content({"platforms/zalo.yaml": ZALO}))
    assert [finding.split(":")[0] for finding in found] == [
        f"content/platforms/{kind}.yaml" for kind in ("messenger", "telegram", "web")
    ]


@pytest.mark.parametrize(("days", "warned"), [(180, False), (181, True)])
def test_it_warns_of_what_nobody_has_looked_at_for_half_a_year(days: int, warned: bool) -> None:
    found = [str(f) for f in check(content_root(), date(2026, 11, 22) + timedelta(days=days))]
    old = [finding for finding in found if "was last checked on 2026-11-22" in finding]
    assert bool(old) is warned
    assert all(": warning: " in finding for finding in old)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("purpose: reminder", "purpose: reply", ":2: error: purpose is one of", id="an answer"),
        pytest.param("{longest: 20}", "{longest: 0}", ":6: error: next_date needs `longest`", id="length"),
        pytest.param("{longest: 20}", "{longest: 20}\n  place: {longest: 20}", "every place of params stands", id="place"),
        pytest.param("hiến máu lại.", "hiến máu lại https://a.vn.", "no link and no phone number", id="link"),
        pytest.param("hiến máu lại.", "hiến máu, gọi 0912345678.", "no link and no phone number", id="phone"),
        pytest.param("  vi: Từ ngày {next_date}", '  vi: "{next_date} là ngày"\n  x: ', "place at the very beginning", id="begins"),
        pytest.param("  en: From", "  fr: From", "words has no en", id="language"),
        pytest.param("tag: 2", "tag: 3", ":4: error: tag is 1", id="promotion"),
        pytest.param("title: Lời nhắc của anh/chị", "title: Nhắc", ":4: error: title has 4 characters", id="title"),
        pytest.param("  zalo:", "  telegram:", ":4: error: telegram has no templates", id="channel"),
        pytest.param("name: reminder", "colour: red", "colour is not a field of a template", id="field"),
    ],
)  # fmt: skip
def test_it_names_what_is_wrong_with_a_template(content: Damage, old: str, new: str, expected: str) -> None:
    assert old in FORM
    found = findings(content({"templates/reminder.yaml": FORM.replace(old, new, 1)}))
    assert any(expected in finding for finding in found), found


def test_it_takes_a_right_template(content: Damage) -> None:
    assert findings(content({"templates/reminder.yaml": FORM})) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"purpose": "reminder", "channel": "zalo", "params": {"name": "short_name", "date": "next_date"}}, []),
        ({"purpose": "drive-eve", "channel": "messenger", "params": ["drive", "time", "place"]}, []),
        ({"purpose": "reminder", "channel": "zalo", "params": {"date": "salary"}}, ["salary is no value of reminder"]),
        ({"purpose": "lottery", "channel": "zalo", "params": []}, ["there is no template for this"]),
    ],
)
def test_it_knows_entries_of_a_load_file_that_cannot_be_filled(values: dict[str, object], expected: list[str]) -> None:
    entry = Entry("x", 3, values, {"params": 5, "purpose": 4})
    faults = list(template_faults([entry], Library.load(content_root()).forms))
    assert [fault.reason.split(";")[0] for fault in faults] == expected
