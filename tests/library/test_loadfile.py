"""A load file is read whole, and every fault of its own is told with line and field."""

from datetime import UTC, date, datetime, time

import pytest

from bot.domain.loads import BadLoad, Relative
from bot.library.loadfile import read_load_file
from bot.library.reading import content_root

DRIVE = (
    "drives:\n"
    "  - {code: d1, name: Ngày hội, unit: u1, place: Nhà văn hoá, starts: %s, ends: %s,\n"
    "     slot_minutes: %s, slot_capacity: 20}\n"
)
MORNING, NOON = "2026-12-05T07:30+07:00", "2026-12-05T11:30+07:00"


def drive(starts: str = MORNING, ends: str = NOON, minutes: object = 30) -> str:
    return DRIVE % (starts, ends, minutes)


def faults_of(text: str) -> list[str]:
    with pytest.raises(BadLoad) as caught:
        read_load_file(text, "x.yaml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("", "x.yaml:1: file: write one or more", id="empty file"),
        pytest.param("- 1\n", "x.yaml:1: file: write one or more", id="a list at the top"),
        pytest.param("units: [\n", "x.yaml:2: file: is not YAML", id="not YAML"),
        pytest.param("unit:\n  - {code: a}\n", "x.yaml:1: unit: is no section", id="unknown section"),
        pytest.param("units: {code: a}\n", "x.yaml:1: units: write a list", id="section without a list"),
        pytest.param("units:\n  - just words\n", "x.yaml:2: units: write a mapping", id="entry without fields"),
        pytest.param("units:\n  - {code: a, name: A}\n", "x.yaml:2: level: is missing", id="needed field missing"),
        pytest.param(
            "units:\n  - code: a\n    name: A\n    level: village\n",
            "x.yaml:4: level: write one of province, sector, district, commune, upper, grassroots",
            id="unknown level",
        ),
        pytest.param("units:\n  - {code: a b, name: A, level: upper}\n", "x.yaml:2: code: write a code", id="bad code"),
        pytest.param(
            "units:\n  - {code: a, name: , level: upper}\n", "x.yaml:2: name: is empty", id="field without a value"
        ),
        pytest.param(
            "units:\n  - {code: a, name: A, level: upper, colour: red}\n",
            "x.yaml:2: colour: is no field of units",
            id="unknown field",
        ),
        pytest.param(
            "units:\n  - {code: a, code: b, name: A, level: upper}\n",
            "x.yaml:2: code: stands twice here, first on line 2",
            id="field twice",
        ),
        pytest.param(
            "units:\n  - {code: a, name: A, level: upper}\n  - {code: a, name: B, level: upper}\n",
            "x.yaml:3: code: a stands in this file already, on line 2",
            id="code twice",
        ),
        pytest.param(
            "units:\n  - {code: a, name: A, level: upper, until: 2025-02-30}\n",
            "x.yaml:2: until: write a day such as 2026-08-31",
            id="a day that never was",
        ),
        pytest.param(
            "units:\n  - {code: a, name: A, level: upper, from: 2025-07-01, until: 2025-07-01}\n",
            "x.yaml:2: until: is not after `from`",
            id="ends before it begins",
        ),
        pytest.param(
            "units:\n  - {code: a, name: A, level: upper, parent: a}\n",
            "x.yaml:2: parent: is the unit itself",
            id="its own parent",
        ),
        pytest.param(
            "units:\n  - {code: a, name: A, level: upper, members: -3}\n",
            "x.yaml:2: members: write a whole number above 0",
            id="negative members",
        ),
        pytest.param(
            drive(starts="2026-12-05T07:30"), "x.yaml:2: starts: write a day and time with its time zone", id="no zone"
        ),
        pytest.param(drive(NOON, MORNING), "x.yaml:2: ends: is not after `starts`", id="drive ends before it starts"),
        pytest.param(
            drive(minutes=300), "x.yaml:3: slot_minutes: is longer than the drive: not one slot fits", id="no slot fits"
        ),
        pytest.param(drive(minutes="half"), "x.yaml:3: slot_minutes: write a whole number", id="minutes in words"),
        pytest.param(
            drive("in 3 days at 07:30", NOON), "x.yaml:2: ends: write `starts` and `ends` alike", id="half relative"
        ),
        pytest.param(
            drive("in 3 days at 25:00", "in 3 days at 26:00"),
            "x.yaml:2: starts: write a time from 00:00 to 23:59",
            id="no such hour",
        ),
        pytest.param(
            "staff:\n  - {login: a, name: A, role: boss}\n", "x.yaml:2: role: write one of admin", id="unknown role"
        ),
        pytest.param(
            "channels:\n  - {kind: zalo, code: oa, secrets_env: OA, page_id: 1}\n",
            "x.yaml:2: oa_id: is missing",
            id="channel without its id",
        ),
        pytest.param(
            "channels:\n  - {kind: zalo, code: oa, secrets_env: oa-x, oa_id: 1}\n",
            "x.yaml:2: secrets_env: write the name of an environment variable",
            id="no variable's name",
        ),
        pytest.param(
            "campaigns:\n  - {code: c, name: C, starts: 2026-08-31, ends: 2026-05-01}\n",
            "x.yaml:2: ends: is before `starts`",
            id="campaign backwards",
        ),
        pytest.param(
            "templates:\n  - {purpose: reminder, channel: zalo}\n",
            "x.yaml:2: template_id: is missing",
            id="template without its id",
        ),
    ],
)
def test_it_tells_a_fault_with_file_line_and_field(text: str, fault: str) -> None:
    assert any(line.startswith(fault) for line in faults_of(text)), faults_of(text)


def test_it_tells_all_faults_at_once_in_order_of_their_lines() -> None:
    text = (
        "units:\n  - {code: a, name: A, level: village}\nstaff:\n  - {login: x, role: boss}\ndrives:\n  - {code: d}\n"
    )
    lines = faults_of(text)
    assert [line.split(": ")[1] for line in lines[:3]] == ["level", "name", "role"]
    assert {line.split(": ")[1] for line in lines[3:]} == {
        "ends", "name", "place", "slot_capacity", "slot_minutes", "starts", "unit",
    }  # fmt: skip


def test_it_reads_the_words_as_they_stand_and_not_as_yaml_would() -> None:
    file = read_load_file(
        'units:\n  - {code: 007, name: "123", level: upper, from: 2025-07-01}\n' + drive("2026-12-05 07:30+07:00"),
        "x.yaml",
    )
    assert (file.units[0].key, file.units[0].values["name"]) == ("007", "123")
    assert file.units[0].values["from"] == date(2025, 7, 1)
    assert file.drives[0].values["starts"] == datetime(2026, 12, 5, 0, 30, tzinfo=UTC)


def test_it_reads_relative_days() -> None:
    file = read_load_file(drive("in 13 days at 07:30", "in 13 days at 11:30"), "x.yaml")
    assert file.drives[0].values["starts"] == Relative(13, time(7, 30))


def test_it_reads_templates_as_the_platforms_know_them() -> None:
    text = (
        "templates:\n"
        '  - {purpose: reminder, channel: zalo, template_id: "300123", by: [uid, phone],'
        " params: {name: short_name, date: next_date}, price_vnd: 200}\n"
        "  - {purpose: drive-eve, channel: messenger, name: drive_eve, language: vi, params: [drive, time, place]}\n"
    )
    zalo, messenger = read_load_file(text, "x.yaml").templates
    assert zalo.values["params"] == {"name": "short_name", "date": "next_date"}
    assert messenger.values["params"] == ["drive", "time", "place"]
    assert zalo.values["price_vnd"] == {"uid": 200}
    each = read_load_file(text.replace("price_vnd: 200", "price_vnd: {uid: 160, phone: 200}"), "x.yaml").templates[0]
    assert each.values["price_vnd"] == {"uid": 160, "phone": 200}
    with pytest.raises(BadLoad, match="a price in whole đồng, or one for each way"):
        read_load_file(text.replace("price_vnd: 200", "price_vnd: {sms: 200}"), "x.yaml")


@pytest.mark.parametrize("path", sorted((content_root() / "sample").glob("*.yaml")), ids=lambda path: path.name)
def test_it_finds_no_fault_in_the_sample(path: object) -> None:
    file = read_load_file(path.read_text(encoding="utf-8"), "sample")  # type: ignore[attr-defined]
    assert len(file.drives) == 2
    assert {"admin", "health", "volunteer", "organiser", "approver"} == {e.values["role"] for e in file.staff}
