"""Erasure that a platform passes on: Facebook's signed callback with its status page, and Zalo's withdrawal."""

import asyncio
import base64
import hashlib
import hmac
import json
from html import unescape

import pytest
from sqlalchemy import Table, select

from bot.storage.ids import address_id
from bot.storage.tables import addresses, consents, data_requests, outbox, registrations, seen
from tests.platforms import Webhook
from tests.web.house import House
from tests.web.test_form import filled, send

FACEBOOK, PSID = "10150000000000001", "6001"


async def post(house: House, call: Webhook) -> tuple[int, dict[str, str]]:
    async with house.client.post(call.path, data=call.body, headers=dict(call.headers)) as answer:
        return answer.status, await answer.json() if answer.status == 200 else {}


async def look(house: House, code: str, query: str = "") -> tuple[int, str]:
    async with house.client.get(f"/deletion/{code}{query}") as answer:
        return answer.status, unescape(await answer.text())


async def writes(house: House, user_id: str = PSID) -> int:
    """Somebody who asked on Messenger and registered on the page; their address."""
    call = house.messenger.webhook(user_id, "hiến máu có đau không")
    async with house.client.post(call.path, data=call.body, headers=dict(call.headers)) as answer:
        assert answer.status == 200
    address = address_id(house.ids["messenger"], user_id)
    assert (await send(house, house.form_link(address), filled(house)))[0] == 200
    return address


async def test_it_erases_whoever_has_exactly_this_id(house: House) -> None:
    address = await writes(house)
    status, answer = await post(house, house.messenger.deletion(PSID))
    assert status == 200
    assert answer["url"].endswith(f"/deletion/{answer['confirmation_code']}")
    (home,) = await house.rows(select(addresses).where(addresses.c.id == address))
    assert home.erased_at is not None
    assert home.talk_sealed is None
    assert await house.rows(select(consents)) == []
    assert [row.state for row in await house.rows(select(registrations))] == ["cancelled"]
    (asked,) = await house.rows(select(data_requests))
    assert (asked.kind, asked.source, asked.done_at is not None) == ("erase", "platform", True)
    status, page = await look(house, answer["confirmation_code"])
    assert (status, "Đã xoá xong" in page) == (200, True)
    assert "6001" not in page


async def test_it_leaves_an_unknown_id_to_staff_and_says_how_to_have_it_at_once(house: House) -> None:
    await writes(house)
    status, answer = await post(house, house.messenger.deletion(FACEBOOK))
    assert status == 200
    assert [row.state for row in await house.rows(select(registrations))] == ["booked"]
    (asked,) = await house.rows(select(data_requests))
    assert (asked.kind, asked.source, asked.done_at, asked.contact_id) == ("erase", "platform", None, None)
    status, page = await look(house, answer["confirmation_code"])
    assert (status, "đang chờ" in page, "/xoa" in page) == (200, True, True)
    assert FACEBOOK not in page
    assert "type /xoa" in (await look(house, answer["confirmation_code"], "?lang=en"))[1]


@pytest.mark.parametrize("user_id", [PSID, FACEBOOK])
async def test_it_gives_a_repeat_the_same_answer_once(house: House, user_id: str) -> None:
    await writes(house)
    call = house.messenger.deletion(user_id)
    answers = await asyncio.gather(*(post(house, call) for _ in range(5)))
    assert {status for status, _ in answers} == {200}
    assert len({answer["confirmation_code"] for _, answer in answers}) == 1
    assert len(await house.rows(select(data_requests))) == 1
    house.messenger.advance(minutes=1)
    assert (await post(house, house.messenger.deletion(user_id)))[1] != answers[0][1]


def signed_with(secret: str, body: object) -> bytes:
    payload = base64.urlsafe_b64encode(json.dumps(body).encode()).rstrip(b"=")
    digest = hmac.new(secret.encode(), payload, hashlib.sha256).digest()
    return b"signed_request=" + base64.urlsafe_b64encode(digest).rstrip(b"=") + b"." + payload


GOOD = {"user_id": PSID, "algorithm": "HMAC-SHA256", "issued_at": 1790000000}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"signed_request=", id="an empty field"),
        pytest.param(b"signed_request=abc", id="no payload"),
        pytest.param(b"signed_request=.abc", id="no signature"),
        pytest.param(b"signed_request=%C4%91.%C4%91", id="not ASCII"),
        pytest.param(b"\xff\xfe\x00=%", id="no form"),
        pytest.param(b"&".join([b"a=1"] * 50), id="too many fields"),
        pytest.param(b"signed_request=" + b"a." * 5000, id="too long"),
        pytest.param(signed_with("another secret", GOOD), id="another app's secret"),
        pytest.param(signed_with("", GOOD), id="no secret"),
        pytest.param(signed_with("bi-mat-app", {**GOOD, "algorithm": "none"}), id="another algorithm"),
        pytest.param(signed_with("bi-mat-app", {**GOOD, "user_id": ""}), id="nobody"),
        pytest.param(signed_with("bi-mat-app", {**GOOD, "user_id": {"a": 1}}), id="an id that is none"),
        pytest.param(signed_with("bi-mat-app", ["user_id"]), id="a list"),
        pytest.param(signed_with("bi-mat-app", GOOD)[:-3] + b"AAA", id="a changed payload"),
    ],
)
async def test_it_refuses_and_stores_nothing(small_house: House, body: bytes) -> None:
    await writes(small_house)
    before = [await small_house.rows(select(table)) for table in TABLES]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    call = Webhook("/webhooks/messenger/data-deletion", headers, body)
    assert (await post(small_house, call))[0] == 401
    assert [await small_house.rows(select(table)) for table in TABLES] == before
    assert small_house.parts.metrics.refused["messenger"] == 1


TABLES: tuple[Table, ...] = (data_requests, addresses, registrations, seen)


async def test_it_takes_what_is_rightly_signed_by_hand(small_house: House) -> None:
    """The same helper with the right secret, so that the refusals above are about what they say."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    call = Webhook("/webhooks/messenger/data-deletion", headers, signed_with("bi-mat-app", GOOD))
    assert (await post(small_house, call))[0] == 200


async def test_it_takes_no_large_body(small_house: House) -> None:
    call = Webhook("/webhooks/messenger/data-deletion", {}, b"a" * ((1 << 16) + 1))
    assert (await post(small_house, call))[0] == 413

    async def pieces() -> object:
        for _ in range(17):
            yield b" " * (1 << 16)

    async with small_house.client.post(call.path, data=pieces()) as answer:
        assert answer.status == 413


@pytest.mark.parametrize("code", ["nothing", "a" * 24, "%C4%91", "x" * 500])
async def test_it_knows_no_other_code(small_house: House, code: str) -> None:
    status, page = await look(small_house, code)
    assert (status, "Không có yêu cầu" in page) == (404, True)


# --- Zalo ------------------------------------------------------------------------------------------------------------


async def test_it_erases_when_zalo_passes_on_a_withdrawal(house: House) -> None:
    call = house.zalo.webhook("7001", "hiến máu có đau không")
    async with house.client.post(call.path, data=call.body, headers=dict(call.headers)) as answer:
        assert answer.status == 200
    address = address_id(house.ids["zalo"], "7001")
    await send(house, house.form_link(address), filled(house))
    withdrawal = house.zalo.posted("user_withdraw", {"oa_id": house.zalo.oa_id, "user_id": "7001"})
    for _ in range(2):  # Zalo may call twice
        async with house.client.post(withdrawal.path, data=withdrawal.body, headers=dict(withdrawal.headers)) as answer:
            assert answer.status == 200
    (home,) = await house.rows(select(addresses).where(addresses.c.id == address))
    assert home.erased_at is not None
    assert await house.rows(select(consents)) == []
    assert [row.state for row in await house.rows(select(registrations))] == ["cancelled"]
    assert "waiting" not in {row.state for row in await house.rows(select(outbox))}
    (asked,) = await house.rows(select(data_requests))
    assert (asked.kind, asked.source) == ("erase", "platform")


async def test_it_erases_nobody_for_a_withdrawal_that_zalo_did_not_sign(small_house: House) -> None:
    call = small_house.zalo.posted("user_withdraw", {"oa_id": small_house.zalo.oa_id, "user_id": "7001"})
    changed = call.body.replace(b'"7001"', b'"7002"')
    async with small_house.client.post(call.path, data=changed, headers=dict(call.headers)) as answer:
        assert answer.status == 401
    assert await small_house.rows(select(data_requests)) == []
