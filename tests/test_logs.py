"""Logs: a sentence plus ids. What an error quotes stays out, for it may be a person's row."""

import asyncio
import gc
import json
import logging
from collections.abc import Iterator

import pytest

from bot.logs import set_up_logging


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def fail() -> None:
    try:
        raise ValueError("name=Lò Thị Ban Mai")
    except ValueError as error:
        raise RuntimeError("phone=+84912000000") from error


def test_it_writes_text_with_ids(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "text")
    logging.getLogger("bot.intake").info("replayed %d calls", 3, extra={"account": 12})
    line = capsys.readouterr().err.strip()
    assert line.endswith("INFO bot.intake replayed 3 calls account=12")


def test_it_writes_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "json")
    logging.getLogger("bot.intake").warning("a call\nof two lines", extra={"account": 12})
    (line,) = capsys.readouterr().err.strip().splitlines()
    told = json.loads(line)
    assert (told["level"], told["where"], told["message"], told["account"]) == (
        "WARNING", "bot.intake", "a call\nof two lines", 12,
    )  # fmt: skip


@pytest.mark.parametrize("form", ["text", "json"])
def test_it_tells_where_an_error_came_from_but_never_what_it_quotes(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging("INFO", form)
    try:
        fail()
    except RuntimeError:
        logging.getLogger("bot.web").exception("a page failed")
    line = capsys.readouterr().err
    assert "RuntimeError at tests/test_logs.py" in line
    assert "from ValueError at tests/test_logs.py" in line
    assert "Ban Mai" not in line
    assert "+84912000000" not in line


def test_it_silences_libraries_whose_lines_hold_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("DEBUG", "text")
    logging.getLogger("aiohttp.access").info("GET /me/one-time-link")
    logging.getLogger("httpx").info("POST https://api.telegram.org/bot1:token/sendMessage")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("form", ["text", "json"])
async def test_it_cuts_what_a_library_quotes_of_an_error(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", form)

    async def lost() -> None:
        fail()

    def called_back(words: str) -> None:
        fail()

    task = asyncio.create_task(lost())
    asyncio.get_running_loop().call_soon(called_back, "lời riêng")
    await asyncio.wait([task])
    del task
    gc.collect()
    await asyncio.sleep(0)
    lines = capsys.readouterr().err
    assert lines.count("an error in a library") == 2
    assert lines.count("ValueError at tests/test_logs.py") == 2
    assert "Ban Mai" not in lines
    assert "riêng" not in lines


def test_it_keeps_the_first_line_of_what_a_library_says(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "text")
    logging.getLogger("asyncio").warning("a session was not closed\nsession: <GET /me/one-time-link>")
    line = capsys.readouterr().err.strip()
    assert line.endswith("WARNING asyncio a session was not closed")
