"""The callback of Zalo's consent: the first pair is kept, everything else is a page that says what to do."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.channels.base import Account
from bot.channels.http import SharedSession
from bot.channels.zalo_oauth import ZaloOAuth, challenge_of, verifier_of
from bot.domain.tokens import sign
from bot.domain.updates import ChannelKind
from bot.storage.database import Database
from bot.web.consents import Consents
from bot.web.oauth import STATE
from bot.web.parts import PARTS
from scheduler.tokens import TokenKeeper
from tests.platforms.zalo_oauth import FakeZaloOAuth
from tests.web.house import SECRET_KEY, House, open_house


@dataclass
class Admin:
    """Somebody who may allow our app to speak for the OA."""

    house: House
    oauth: FakeZaloOAuth
    account: Account
    keeper: TokenKeeper

    def state(self, nonce: str = "fixed", minutes: float = 60, account_id: int | None = None) -> str:
        until = self.house.clock() + timedelta(minutes=minutes)
        return sign(STATE, f"{account_id or self.account.id}-{nonce}", until, SECRET_KEY)

    async def comes_back(self, **query: str) -> tuple[int, str]:
        given = {"oa_id": self.account.external_id, "state": self.state(), **query}
        answer = await self.house.client.get("/oauth/zalo", params={k: v for k, v in given.items() if v})
        return answer.status, await answer.text()

    def code(self, nonce: str = "fixed") -> str:
        return self.oauth.consent(challenge_of(verifier_of(SECRET_KEY, nonce)))


@pytest.fixture
async def admin(db: Database, tmp_path: Path) -> AsyncIterator[Admin]:
    async with FakeZaloOAuth() as oauth, open_house(db, tmp_path) as house:
        session = SharedSession()
        secrets: Mapping[str, str] = {"app_id": oauth.app_id, "app_secret": oauth.app_secret}
        account = Account(house.ids[ChannelKind.ZALO], ChannelKind.ZALO, "oa", oauth.oa_id, secrets=secrets)
        client = ZaloOAuth(session, base=oauth.base_url)
        keeper = TokenKeeper(db, house.parts.ring, client, house.clock, "test")
        # The parts are frozen: a copy takes their place.
        house.app._state[PARTS] = replace(house.parts, consents=Consents(client, (account,), keeper.keep))
        yield Admin(house, oauth, account, keeper)
        await session.close()


async def test_it_keeps_the_first_pair(admin: Admin) -> None:
    status, text = await admin.comes_back(code=admin.code())
    assert status == 200
    assert "Đã kết nối" in text
    assert admin.oauth.lives(await admin.keeper(admin.account))


async def test_each_link_may_have_a_pkce_pair_of_its_own(admin: Admin) -> None:
    status, _ = await admin.comes_back(code=admin.code("n1"), state=admin.state("n1"))
    assert status == 200
    status, _ = await admin.comes_back(code=admin.code("n1"), state=admin.state("n2"))
    assert status == 502


async def test_a_code_works_once(admin: Admin) -> None:
    code = admin.code()
    await admin.comes_back(code=code)
    pair = await admin.keeper(admin.account)
    status, text = await admin.comes_back(code=code)
    assert status == 502
    assert "Chưa kết nối được" in text
    assert "-14006" in text
    assert await admin.keeper(admin.account) == pair


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        pytest.param({"state": ""}, 400, "Đường dẫn không đúng", id="no state"),
        pytest.param({"state": "forged.abc.def"}, 400, "Đường dẫn không đúng", id="a forged state"),
        pytest.param({"oa_id": "4000000000000000009"}, 409, "Chọn nhầm OA", id="another OA"),
        pytest.param({"code": ""}, 400, "Chưa được cho phép", id="no code"),
        pytest.param({"code": "code-unknown"}, 502, "Chưa kết nối được", id="an unknown code"),
    ],
)
async def test_anything_else_is_a_page_that_says_what_to_do(
    admin: Admin, query: dict[str, str], status: int, words: str
) -> None:
    answered, text = await admin.comes_back(**{"code": admin.code(), **query})
    assert answered == status
    assert words in text
    assert not await admin.keeper(admin.account)


async def test_an_old_link_says_so(admin: Admin) -> None:
    status, text = await admin.comes_back(code=admin.code(), state=admin.state(minutes=-1))
    assert status == 410
    assert "hết hạn" in text


async def test_a_link_for_an_account_that_is_gone_opens_nothing(admin: Admin) -> None:
    status, _ = await admin.comes_back(code=admin.code(), state=admin.state(account_id=7))
    assert status == 400


def test_the_consent_link_names_app_callback_challenge_and_state() -> None:
    client = ZaloOAuth(SharedSession(), base="https://oauth.zaloapp.com")
    link = urlsplit(client.consent_link("123", "https://x.example/oauth/zalo", "challenge", "s.t.a"))
    assert (link.netloc, link.path) == ("oauth.zaloapp.com", "/v4/oa/permission")
    assert parse_qs(link.query) == {
        "app_id": ["123"],
        "redirect_uri": ["https://x.example/oauth/zalo"],
        "code_challenge": ["challenge"],
        "state": ["s.t.a"],
    }
