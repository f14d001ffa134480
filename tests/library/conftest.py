"""A small content folder on disk that tests may damage."""

from collections.abc import Callable
from pathlib import Path

import pytest

FILES = {
    "placeholders.yaml": "placeholders:\n  name: a name\n  day: a date\n  date: a date\n",
    "sources.yaml": (
        "sources:\n  tt26: {name: Thông tư 26, address: example.vn, confidence: high, checked_on: 2026-11-22}\n"
    ),
    "safety/covid.yaml": (
        'unsure: {vi: "Hỏi trước ngày {date}.", en: "Ask before {date}."}\n'
        'notes:\n  - from: 2022-04-29\n    until: 2025-02-08\n    text: {vi: "Cũ {date}", en: "Old {date}"}\n'
        "    source: {tt26: note}\n    reviewed: {by_role: none, on: 2026-01-01}\n    review_by: 2025-02-07\n"
        '  - from: 2025-02-08\n    text: {vi: "Mới {date}", en: "New {date}"}\n'
        "    source: {tt26: note}\n    reviewed: {by_role: none, on: 2026-01-01}\n    review_by: 2027-05-23\n"
    ),
    "campaigns/summer.yaml": (
        "id: campaign.summer\ntitle: {vi: Mùa hè, en: Summer}\ntext: {vi: Mùa hè hồng., en: A rosy summer.}\n"
        'yearly: {first: "06-01", last: "07-31"}\nannounced:\n  - {starts: 2026-06-10, ends: 2026-07-20}\n'
        "source: {tt26: mùa hè}\nreviewed: {by_role: none, on: 2026-01-01}\nreview_by: 2027-01-01\n"
    ),
    "dialog/talk.yaml": 'version: 3\ntexts:\n  greeting.hello: {vi: "Chào {name}", en: "Hello {name}"}\n  label.menu: {vi: Menu, en: Menu}\n',
    "rules/intervals.yaml": (
        "versions:\n  - days: {whole_blood: 84, platelets: 14, plasma: 14}\n"
        "    valid_from: 2013-11-15\n    source: [a circular]\n    confidence: high\n    checked_on: 2026-11-22\n"
    ),
    "rules/limits.yaml": (
        "versions:\n  - age: {youngest: 18, oldest: 60}\n    least_kg: {female: 42, male: 45}\n"
        "    volumes: [{from_kg: 42, ml: 250}, {from_kg: 45, ml: 350}]\n"
        "    valid_from: 2013-11-15\n    source: [a circular]\n    confidence: high\n    checked_on: 2026-11-22\n"
    ),
    "rules/deferrals.yaml": (
        "rules:\n  - id: tattoo\n    wait: {months: 6}\n    counted_from: event\n    name: {vi: xăm, en: a tattoo}\n"
        "    said: [xam]\n    about: [tattoo_piercing]\n"
        "    valid_from: 2013-11-15\n    source: [a circular]\n    confidence: high\n    checked_on: 2026-11-22\n"
    ),
    "understanding/intents/interval.yaml": (
        "intent: interval\nmeaning: time between donations\nexamples: [mấy tháng một lần]\n"
    ),
    "understanding/intents/out_of_scope.yaml": (
        "intent: out_of_scope\nmeaning: anything else\nexamples: [thời tiết hôm nay]\n"
    ),
    "understanding/urgent.yaml": "phrases: [ngất]\n",
    "understanding/concepts.yaml": "concepts:\n  give: [hiến máu, cho máu]\n",
    "topics/interval.yaml": (
        "id: topic.interval\nkind: medical\nintents: [interval]\ntitle: {vi: Bao lâu, en: When}\n"
        "text:\n  vi: Ít nhất 84 ngày.\n  en: At least 84 days.\nsource: {tt26: 84 ngày}\n"
        "reviewed: {by_role: doctor, on: 2026-01-01}\nreview_by: 2027-01-01\nnext: [topic.stale, menu.menu]\n"
    ),
    "topics/stale.yaml": (
        "id: topic.stale\nkind: service\ntitle: {vi: Đang xem lại, en: In review}\ntext: {vi: Xin hỏi bác sĩ., en: Ask the doctor.}\n"
        "reviewed: {by_role: editor, on: 2026-01-01}\nreview_by: 2036-01-01\n"
    ),
    "sample/organisation.yaml": "units: []\n",
}

Damage = Callable[..., Path]


@pytest.fixture
def content(tmp_path: Path) -> Damage:
    """Write the folder, with some files replaced or (None) left out."""

    def write(changed: dict[str, str | None] | None = None) -> Path:
        root = tmp_path / "content"
        for name, text in {**FILES, **(changed or {})}.items():
            if text is not None:
                file = root / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
        return root

    return write
