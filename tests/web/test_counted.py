"""Counted links: a person's opening counts, a program's look does not, and both are led where staff meant."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.dialog.broadcast_words import link_code
from bot.dialog.post_words import Links
from bot.domain.posts import PostDraft, PostKind
from bot.domain.updates import ChannelKind
from bot.storage.counted_links import clicks_of, keep_links, keep_post_links, post_clicks_of
from bot.storage.ids import new_id
from bot.storage.posts import create
from bot.storage.tables import broadcasts, counted_links, units
from tests.web.house import House

TARGET = "https://vien.example.org/hien-mau?a=1&b=2"
PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 11) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36"}


@pytest.fixture
async def sent(house: House) -> int:
    """A broadcast with one link."""
    (unit, *_), own = await house.rows(select(units)), new_id()
    row = {"id": own, "code": f"tin-{own}", "unit_id": unit.id, "purpose": "news", "segment": "everyone"}
    row |= {"state": "running", "created_by": "mai", "created_at": house.clock()}
    await house.parts.db.write(lambda c: (c.execute(broadcasts.insert().values(row)), keep_links(c, own, [TARGET])))
    return own


async def opened(house: House, broadcast: int) -> int:
    return await house.parts.db.read(lambda c: clicks_of(c, broadcast))


async def test_it_counts_and_leads_on(house: House, sent: int) -> None:
    for _ in range(2):
        answer = await house.client.get(f"/l/{link_code(sent, TARGET)}", headers=PHONE, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (302, TARGET)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
    assert await opened(house, sent) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"},
        {"User-Agent": "TelegramBot (like TwitterBot)"},
        {**PHONE, "Sec-Purpose": "prefetch;prerender"},
    ],
)
async def test_a_program_s_look_is_not_counted(house: House, sent: int, headers: dict[str, str]) -> None:
    answer = await house.client.get(f"/l/{link_code(sent, TARGET)}", headers=headers, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, TARGET)
    head = await house.client.head(f"/l/{link_code(sent, TARGET)}", headers=PHONE, allow_redirects=False)
    assert head.status == 302
    assert await opened(house, sent) == 0


async def test_a_post_s_link_is_counted_for_the_post_alone(house: House, sent: int) -> None:
    links = Links("https://giothong.example", await a_post(house))
    await house.parts.db.write(lambda c: keep_post_links(c, links.post_id, links.targets(TARGET)))
    (code,) = links.targets(TARGET)
    answer = await house.client.get(f"/l/{code}", headers=PHONE, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, TARGET)
    assert await house.parts.db.read(lambda c: post_clicks_of(c, links.post_id)) == 1
    assert await opened(house, sent) == 0


async def a_post(house: House) -> int:
    draft = PostDraft(house.ids[ChannelKind.MESSENGER], house.ids["cdcs-che"], PostKind.PAGE, TARGET)
    return await house.parts.db.write(lambda c: create(c, "lan", draft, house.clock()))


@pytest.mark.parametrize("whose", ["nobody", "both"])
async def test_a_link_is_of_one_broadcast_or_of_one_post(house: House, sent: int, whose: str) -> None:
    post = await a_post(house)
    row = {"code": "0" * 12, "target": TARGET, **({"post_id": post, "broadcast_id": sent} if whose == "both" else {})}
    with pytest.raises(IntegrityError):
        await house.parts.db.write(lambda c: c.execute(counted_links.insert().values(row)))


@pytest.mark.parametrize("code", ["0" * 12, "x", "' OR 1=1", "https:%2F%2Fevil.example"])
async def test_an_unknown_link_leads_nowhere(house: House, sent: int, code: str) -> None:
    answer = await house.client.get(f"/l/{code}", headers=PHONE, allow_redirects=False)
    assert answer.status == 404
    assert await opened(house, sent) == 0
