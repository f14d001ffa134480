"""Pictures of answers: served to platforms and to our own page, and only where they can be fetched."""

import pytest
from sqlalchemy import Connection

from bot.bootstrap.links import picture_link
from bot.domain.contacts import Address
from bot.domain.updates import ChannelKind
from bot.settings import load_settings
from bot.storage.broadcast_images import PATH, digest_of, keep_image
from tests.pictures import png
from tests.web.house import ENCRYPTION_KEY, SECRET_KEY, House


async def test_it_shows_a_picture_of_the_content(house: House) -> None:
    async with house.client.get("/pictures/dangerous-work.png") as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert (await answer.read())[:8] == b"\x89PNG\r\n\x1a\n"
        assert answer.headers["Cache-Control"] == "public, max-age=86400"


@pytest.mark.parametrize("name", ["none.png", "..%2Fsources.yaml", "sources.yaml"])
async def test_it_shows_nothing_else(house: House, name: str) -> None:
    async with house.client.get(f"/pictures/{name}") as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("public", "channel", "url"),
    [
        pytest.param(
            "https://union.example", ChannelKind.TELEGRAM, "https://union.example/pictures/a.png", id="public"
        ),
        pytest.param("", ChannelKind.TELEGRAM, "", id="no platform could fetch it"),
        pytest.param("https://union.example", ChannelKind.ZALO, "", id="on Zalo it would be a call of its own"),
        pytest.param("", ChannelKind.WEB, "/pictures/a.png", id="our own page"),
    ],
)
def test_it_links_where_it_can_be_fetched(public: str, channel: ChannelKind, url: str) -> None:
    settings = load_settings({"SECRET_KEY": SECRET_KEY, "ENCRYPTION_KEYS": ENCRYPTION_KEY, "PUBLIC_URL": public})
    assert picture_link(settings)(Address(1, 2, channel, "3", 4), "a.png") == url


async def test_it_shows_a_picture_that_was_handed_in(house: House) -> None:
    def keep(connection: Connection) -> str:
        return PATH + digest_of(connection, keep_image(connection, "image/png", png(), house.clock()))

    path = await house.parts.db.write(keep)
    async with house.client.get(path) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert await answer.read() == png()
        assert "immutable" in answer.headers["Cache-Control"]
    for other in ("0" * 40, "why.png"):
        async with house.client.get(f"/pictures/b/{other}") as answer:
            assert answer.status == 404
