"""Settings: every fault at once, in words that say what to write; and every name explained in .env.example."""

import base64
import re
from datetime import time
from pathlib import Path

import pytest

from bot.envfile import read_env_file, write_env_file
from bot.settings import BadSettings, load_settings

ROOT = Path(__file__).parent.parent
KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
GOOD = {"SECRET_KEY": "s" * 40, "ENCRYPTION_KEYS": KEY}


def faults_of(**env: str) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        load_settings({**GOOD, **env})
    return caught.value.faults


def test_it_needs_only_two_keys() -> None:
    settings = load_settings(GOOD)
    assert (settings.host, settings.port, settings.database_url) == ("127.0.0.1", 8080, "sqlite:///data/giothong.db")
    assert (settings.quiet_from, settings.quiet_to) == (time(21), time(7))
    assert (settings.telegram, settings.messenger, settings.zalo) == (None, None, None)


def test_it_tells_every_fault_at_once_in_one_message() -> None:
    with pytest.raises(BadSettings) as caught:
        load_settings({"PORT": "x", "TIMEZONE": "Lai Châu", "LOG_LEVEL": "loud", "MESSENGER_PAGE_ID": "1"})
    message = str(caught.value)
    for name in (
        "PORT", "SECRET_KEY", "ENCRYPTION_KEYS", "TIMEZONE", "LOG_LEVEL",
        "MESSENGER_PAGE_TOKEN", "MESSENGER_APP_SECRET", "MESSENGER_VERIFY_TOKEN",
    ):  # fmt: skip
        assert f"  - {name} is " in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("PORT", "0", id="port zero"),
        pytest.param("PORT", "70000", id="port too high"),
        pytest.param("PUBLIC_URL", "hienmau.example.vn", id="address without https"),
        pytest.param("PUBLIC_URL", "https://hienmau.example.vn/bot", id="address with a path"),
        pytest.param("DATABASE_URL", "mysql://x/y", id="another engine"),
        pytest.param("DATABASE_URL", "sqlite:///:memory:", id="a database in memory"),
        pytest.param("SECRET_KEY", "short", id="short secret"),
        pytest.param("ENCRYPTION_KEYS", "abc", id="key too short"),
        pytest.param("ENCRYPTION_KEYS", f"{KEY},!!!", id="second key unreadable"),
        pytest.param("TIMEZONE", "Mars/Base", id="unknown time zone"),
        pytest.param("DEFAULT_LOCALE", "fr", id="unknown language"),
        pytest.param("LOG_FORMAT", "xml", id="unknown log format"),
        pytest.param("TELEGRAM_API_BASE", "https://api.telegram.org/bot", id="base with a path"),
        pytest.param("TELEGRAM_MODE", "push", id="unknown mode"),
        pytest.param("MESSENGER_API_VERSION", "26", id="version without v"),
        pytest.param("MESSENGER_APP_ID", "my-app", id="an app by name"),
        pytest.param("MESSENGER_HUMAN_AGENT", "yes", id="neither on nor off"),
        pytest.param("QUIET_HOURS", "21-7 o'clock", id="quiet hours in words"),
        pytest.param("MESSAGE_CAP", "-1", id="negative cap"),
        pytest.param("RETENTION_DAYS", "some", id="days in words"),
        pytest.param("TRUSTED_PROXIES", "proxy.local", id="proxy by name"),
    ],
)
def test_it_names_a_wrong_value(name: str, value: str) -> None:
    assert [fault.split()[0] for fault in faults_of(**{name: value})] == [name]


def test_it_never_shows_a_value_in_a_fault() -> None:
    assert "hush-hush" not in " ".join(faults_of(SECRET_KEY="hush-hush", TELEGRAM_BOT_TOKEN="hush-hush"))


def test_it_keeps_secrets_out_of_its_own_words() -> None:
    settings = load_settings({**GOOD, "TELEGRAM_BOT_TOKEN": "1:AAAAAAAAAAAA", "TELEGRAM_WEBHOOK_SECRET": "hush"})
    assert "hush" not in repr(settings)
    assert "AAAAAAAAAAAA" not in repr(settings)
    assert "s" * 40 not in repr(settings)


def test_it_takes_several_keys_newest_first() -> None:
    other = base64.urlsafe_b64encode(b"o" * 32).decode().rstrip("=")
    assert load_settings({**GOOD, "ENCRYPTION_KEYS": f"{other}, {KEY}"}).encryption_keys == (b"o" * 32, b"k" * 32)


def test_it_reads_an_env_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# a comment\nexport A = 1 \nB=\"two words\"\nC='x'\nD=it's\nno line\n\n", encoding="utf-8")
    assert read_env_file(file) == {"A": "1", "B": "two words", "C": "x", "D": "it's"}


def test_it_writes_an_env_file_once_and_for_us_alone(tmp_path: Path) -> None:
    file = tmp_path / "data" / "keys.env"
    write_env_file(file, {"A": "1"}, head="two\nlines")
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_env_file(file) == {"A": "1"}
    with pytest.raises(FileExistsError):
        write_env_file(file, {"A": "2"})
    assert read_env_file(file) == {"A": "1"}


class Watched(dict[str, str]):
    """An environment that notes which names were asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
        self.asked.add(name)
        return super().get(name, default)


def test_it_explains_every_name_in_env_example_and_in_the_readme() -> None:
    watched = Watched(GOOD)
    load_settings(watched)
    example = set(read_env_file(ROOT / ".env.example"))
    assert example == watched.asked
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(example) if f"`{name}`" not in readme] == []


def test_it_explains_each_name_with_a_comment_above_it() -> None:
    blocks = (ROOT / ".env.example").read_text(encoding="utf-8").split("\n\n")
    assert [block for block in blocks if re.search(r"^[A-Z_]+=", block, re.MULTILINE) and block[0] != "#"] == []


def test_it_starts_with_the_example_once_the_keys_are_filled_in() -> None:
    assert load_settings({**read_env_file(ROOT / ".env.example"), **GOOD}).zalo is None
