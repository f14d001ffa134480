"""A visitor in a real browser: what they do, what they see, and what of it reached the dialogue."""

from datetime import timedelta

from playwright.async_api import Page, expect
from sqlalchemy import select

from bot.domain.messages import Message
from bot.storage.ids import address_id, new_id
from bot.storage.tables import outbox, seen
from tests.web.house import House


async def arrive(site: House, page: Page, query: str = "") -> None:
    await page.goto(str(site.client.make_url("/chat")) + query)
    await expect(page.locator(".choices:not(.past) button").first).to_be_enabled()


async def token_of(page: Page) -> str:
    return str(await page.evaluate("JSON.parse(localStorage.getItem('giothong.token'))"))


async def focused(page: Page) -> str:
    """What has the focus, as a screen reader would name it."""
    return str(
        await page.evaluate(
            "(e => e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent)(document.activeElement)"
        )
    )


async def type_in(page: Page, words: str) -> None:
    await page.fill("#words", words)
    await page.keyboard.press("Enter")


async def turns(page: Page) -> list[str]:
    """What stands on the screen, in order."""
    return await page.locator(".turn .bubble").all_inner_texts()


async def said(house: House) -> list[str]:
    """What reached the dialogue, in order."""
    rows = await house.rows(select(seen).where(seen.c.kind == "said").order_by(seen.c.received_at, seen.c.update_id))
    return [house.parts.ring.open_text(row.text_sealed, "seen.text") or "" for row in rows]


async def speak(site: House, token: str, message: Message, ago: timedelta = timedelta()) -> None:
    """A message that another process committed for this visitor, now or some time ago."""
    row_id = new_id() - (int(ago.total_seconds() * 1000) << 22)
    row = {
        "id": row_id,
        "key": f"staff:{row_id}:0",
        "account_id": site.ids["web"],
        "address_id": address_id(site.ids["web"], token.split(".")[0]),
        "purpose": "staff",
        "priority": 0,
        "body_sealed": site.parts.ring.seal_json(message.to_json(), "outbox.body"),
        "state": "sent",
        "created_at": site.clock() - ago,
        "due_at": site.clock() - ago,
    }
    await site.parts.db.write(lambda connection: connection.execute(outbox.insert().values(row)))
