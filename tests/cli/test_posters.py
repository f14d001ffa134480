"""`giothong posters`: a file to print, and a sentence for everything that stands in the way."""

from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import update

from bot.cli import main
from bot.storage.database import Database
from bot.storage.tables import drives


def test_it_writes_a_page_for_one_unit(loaded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["posters", "--drive", "lc-ngay-hoi", "--unit", "cdcs-che-hoa-ban", "-o", "a.pdf"]
    assert main(asked) == 0
    told = capsys.readouterr()
    assert told.out.endswith("1 page in a.pdf\n")
    assert "PUBLIC_URL is not set" in told.err
    (page,) = PdfReader("a.pdf").pages
    assert "CĐCS Công ty Chè Hoa Ban" in page.extract_text()
    assert "HM101" in page.extract_text()
    assert main(asked) == 0
    assert "HM101" in PdfReader("a.pdf").pages[0].extract_text()


def test_it_writes_a_page_for_every_unit_and_says_that_the_drive_is_not_open(
    loaded: Path, opened: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    opened.write_now(lambda c: c.execute(update(drives).values(state="draft")))
    assert main(["posters", "--drive", "lc-che-hoa-ban", "-o", "all.pdf"]) == 0
    told = capsys.readouterr()
    assert "2 pages in all.pdf" in told.out
    assert "not open yet" in told.err
    assert len(PdfReader("all.pdf").pages) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--drive", "nothing", "-o", "a.pdf"], "there is no drive nothing"),
        (["--drive", "lc-ngay-hoi", "--unit", "nobody", "-o", "a.pdf"], "there is no unit nobody"),
        (["--drive", "lc-ngay-hoi", "-o", "nowhere/a.pdf"], "there is no folder nowhere"),
    ],
)
def test_it_says_what_is_wrong(
    loaded: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(["posters", *arguments]) == 2
    assert says in capsys.readouterr().err
    assert not list(loaded.glob("*.pdf"))
