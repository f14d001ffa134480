"""Bootstrap: which accounts are on and with which secrets, where links lead, and a house that opens and closes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.bootstrap import form_link, open_house, open_rooms, spool_name, usable_accounts
from bot.bootstrap.posts import post_link
from bot.domain.contacts import Address
from bot.domain.tokens import verify
from bot.domain.updates import ChannelKind
from bot.settings import Settings, load_settings
from bot.storage.account_rows import ensure_accounts
from bot.storage.accounts import load_accounts
from bot.storage.database import Database
from bot.storage.schema import WrongSchema
from bot.storage.tables import accounts, leases

KEYS = {"SECRET_KEY": "s" * 40, "ENCRYPTION_KEYS": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="}
PUBLIC = "https://hien-mau.example"
TELEGRAM = {"TELEGRAM_BOT_TOKEN": "1234:ABCDEFGHIJKL", "TELEGRAM_WEBHOOK_SECRET": "hush"}


def settings(**env: str) -> Settings:
    return load_settings({**KEYS, **env})


def codes(db: Database, **env: str) -> list[str]:
    rows = db.read_now(load_accounts)
    return sorted(account.code for account in usable_accounts(rows, settings(**env)))


async def test_it_gives_the_accounts_of_the_settings_their_rows_and_keeps_them(db: Database) -> None:
    for _ in range(2):
        db.write_now(lambda c: ensure_accounts(c, [(ChannelKind.TELEGRAM, "1234"), (ChannelKind.ZALO, "9")]))
    rows = db.read_now(lambda c: c.execute(select(accounts.c.kind, accounts.c.code, accounts.c.external_id)).all())
    assert sorted(rows) == [("telegram", "telegram", "1234"), ("web", "web", "web"), ("zalo", "zalo", "9")]


async def test_it_gives_a_second_bot_of_the_settings_another_code(db: Database) -> None:
    db.write_now(lambda c: ensure_accounts(c, [(ChannelKind.TELEGRAM, "1234")]))
    db.write_now(lambda c: ensure_accounts(c, [(ChannelKind.TELEGRAM, "5678")]))
    assert codes(db, TELEGRAM_BOT_TOKEN="5678:ABCDEFGHIJKL", TELEGRAM_WEBHOOK_SECRET="x") == ["telegram-5678", "web"]


async def test_it_turns_an_account_off_when_its_settings_go(db: Database) -> None:
    db.write_now(lambda c: ensure_accounts(c, [(ChannelKind.TELEGRAM, "1234")]))
    assert codes(db, **TELEGRAM) == ["telegram", "web"]
    assert codes(db) == ["web"]


async def test_it_takes_a_loaded_accounts_secrets_from_the_environment(db: Database) -> None:
    db.write_now(lambda c: ensure_accounts(c, [(ChannelKind.ZALO, "77")]))
    db.write_now(
        lambda c: c.execute(update(accounts).where(accounts.c.kind == "zalo").values(code="oa", secrets_env="OA"))
    )
    assert codes(db) == ["web"]
    (oa,) = [
        account
        for account in usable_accounts(db.read_now(load_accounts), settings(OA_SECRET="a", OA_REFRESH_TOKEN="b"))
        if account.kind is ChannelKind.ZALO
    ]
    assert oa.secrets == {"secret": "a", "refresh_token": "b"}


@pytest.mark.parametrize(
    ("public", "channel", "begins"),
    [
        pytest.param("", ChannelKind.WEB, "http://127.0.0.1:8080/form/", id="a web chat on this computer"),
        pytest.param("", ChannelKind.TELEGRAM, "", id="no public address: a phone could not open it"),
        pytest.param(PUBLIC, ChannelKind.TELEGRAM, f"{PUBLIC}/form/", id="a public address"),
    ],
)
def test_it_links_to_the_form_where_people_can_open_it(
    public: str, channel: ChannelKind, begins: str, now: datetime
) -> None:
    link = form_link(settings(PUBLIC_URL=public))(Address(42, 1, channel, "v1", 7), now)
    assert link.startswith(begins)
    assert bool(link) == bool(begins)
    if begins:
        assert verify("form", link.removeprefix(begins), now, KEYS["SECRET_KEY"]) == "42"


async def test_a_post_leads_to_the_chat_of_its_account(database_url: str) -> None:
    """As posters do: by the page's id, by the bot's name where it is set, and by Zalo without a code."""
    page = {
        "MESSENGER_PAGE_ID": "77",
        "MESSENGER_PAGE_TOKEN": "t",
        "MESSENGER_APP_SECRET": "a",
        "MESSENGER_VERIFY_TOKEN": "v",
    }
    named = {**TELEGRAM, "TELEGRAM_BOT_NAME": "giot_hong_bot"}
    async with open_rooms(settings(DATABASE_URL=database_url, **page, **named)) as rooms:
        ids = {account.kind: account.id for account in rooms.accounts}
        link = post_link(rooms)
        assert link(ids[ChannelKind.MESSENGER], "HM101") == "https://m.me/77?ref=HM101"
        assert link(ids[ChannelKind.TELEGRAM], "HM101") == "https://t.me/giot_hong_bot?start=HM101"
        assert link(ids[ChannelKind.TELEGRAM], "") == link(1, "HM101") == ""


@pytest.mark.parametrize(
    ("roles", "name"),
    [
        pytest.param({"web"}, "spool-8080.bin", id="with pages"),
        pytest.param({"sender", "scheduler"}, "spool-unused.bin", id="without pages"),
    ],
)
def test_it_keeps_one_spool_for_each_process_that_takes_calls(roles: set[str], name: str) -> None:
    assert spool_name(settings(), frozenset(roles)) == name


async def test_it_opens_the_house_and_gives_leases_back_when_it_closes(database_url: str, tmp_path: Path) -> None:
    mine = settings(DATABASE_URL=database_url, TELEGRAM_API_BASE="http://127.0.0.1:1", **TELEGRAM)
    async with open_house(mine, tmp_path, frozenset({"web", "sender", "scheduler"})) as house:
        assert {account.code for account in house.channels.accounts} == {"web", "telegram"}
        while not house.sender or not house.sender.lanes:
            await house.db.read(lambda c: c.execute(select(1)).scalar())
        assert [task.get_name() for task in house.tasks] == ["sender", "content"]
    with Database(database_url) as db:
        held = db.read_now(lambda c: c.execute(select(leases.c.expires_at)).scalars().all())
    assert held
    assert all(until <= datetime.now(UTC) for until in held)


async def test_it_opens_without_sender_or_timetable_for_a_benchmark(database_url: str, tmp_path: Path) -> None:
    async with open_house(settings(DATABASE_URL=database_url), tmp_path, frozenset({"bench"})) as house:
        assert (house.sender, house.timetable, house.tasks) == (None, None, ())


async def test_it_does_not_open_on_an_empty_database(tmp_path: Path) -> None:
    with pytest.raises(WrongSchema):
        async with open_rooms(settings(DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")):
            raise AssertionError
