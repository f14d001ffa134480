"""The watch over the log: it finds the people of the tests however they are spelled, and knows all of them."""

import logging
import re
from pathlib import Path

import pytest

from bot.domain.tokens import sign
from tests.log_watch import WATCH, LogWatch, found_in, reading_along
from tests.people import NAMES, NOT_PEOPLE

FAMILY = "Nguyễn|Trần|Lê|Phạm|Hoàng|Vũ|Võ|Đỗ|Bùi|Ngô|Lò|Quàng|Cà|Vàng|Giàng|Sùng|Lường|Tòng|Bạc|Mùa|Hờ|Lý|Đặng|Đinh|Lù|Thào|Cầm"
NAME = re.compile(rf"\b(?:{FAMILY})(?: [A-ZÀ-ỸĐ][a-zà-ỹđ]*){{1,4}}")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        pytest.param("registered Lò Thị Thử", "name", id="a name"),
        pytest.param("found lo-thi-thu", "name", id="a name without accents"),
        pytest.param("to 0912.345.678", "phone", id="a phone as typed"),
        pytest.param("to +84 912 345 678", "phone", id="a phone of the world"),
        pytest.param("phone=84912345679", "phone", id="any phone"),
        pytest.param("born 12-5-1990", "birth date", id="a birth date as typed"),
        pytest.param("born=1990-05-12", "birth date", id="a birth date as kept"),
        pytest.param("user 7300000000000042 blocked us", "user of a platform", id="a platform's person"),
        pytest.param("ticket A2C4E-6G8JK", "ticket", id="a ticket"),
        pytest.param("POST /bot7000000001:AAsample-token-of-tests/sendMessage", "bot token", id="a bot token"),
        pytest.param(f"GET /me/{sign('me', '42', None, 'k' * 40)}", "signed link", id="a signed link"),
        pytest.param("signed with hush-hush", "secret", id="a secret"),
        pytest.param("they wrote LOI RIENG", "words", id="what somebody wrote"),
    ],
)
def test_it_finds(line: str, kind: str) -> None:
    assert kind in found_in(line)


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22T03:00:00.912Z INFO bot.intake replayed 3 calls account=7391234567890123456",
        "ValueError at tests/test_logs.py:33 > bot/web/pages.py:106",
        "A copy was made: giothong-20261122-030000.copy",
    ],
)
def test_it_leaves_ordinary_lines_alone(line: str) -> None:
    assert found_in(line, ours=True) == []


def test_it_hears_every_record_with_its_ids_and_passes_it_on() -> None:
    watch = LogWatch()
    with reading_along(watch), pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.getLogger("bot"), "propagate", False)
        logging.getLogger("bot.web").warning("account %s", 3, extra={"by": "+84" + "912345678"})
        logging.getLogger("bot.web").info("said %s", "dạ")
    heard = watch.take()
    assert [line.split(" in ")[0] for line in heard] == ["phone", "phone", "Vietnamese", "Vietnamese"]
    assert watch.take() == []
    assert WATCH.take() == heard  # what else would fail this very test


def test_the_list_knows_every_person_of_the_tests() -> None:
    tests = Path(__file__).parent
    files = [path for path in tests.rglob("*") if path.suffix in (".py", ".yaml", ".json")]
    met = {name for path in files for name in NAME.findall(path.read_text(encoding="utf-8"))}
    assert len(met) > 20
    assert {name for name in met if not any(name.startswith(one) for one in (*NAMES, *NOT_PEOPLE))} == set()
