"""Every refusal that the platforms document has its class, and one that nobody knows is never tried again by itself."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from bot.channels import messenger_errors, zalo_errors
from bot.channels.base import (
    ContactGone,
    Misconfigured,
    OutsideWindow,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Uncertain,
    Unpaid,
)
from bot.channels.http import Answer
from tests.platforms.messenger import refusal

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TRIED_AGAIN = (Throttled, Unavailable)

ZALO: Mapping[type[SendError], tuple[int, ...]] = {
    Throttled: (-32,),
    Unavailable: (-200, -214, -234, -133),
    Rejected: (-100, -201, -210, -233, -240, -249),
    Misconfigured: (-204, -205, -209, -212, -219, -221, -223, -224, -235, -242, -248, -216, -220, -124, -501),
    OutsideWindow: (-211, -218, -230, -232),
    ContactGone: (-213, -217, -227, -244),
    Unpaid: (-320, -321, -136, -137, -115),
}
ZALO_BY_PHONE: Mapping[type[SendError], tuple[int, ...]] = {
    Throttled: (-32,),
    Unavailable: (-100, -200, -133, -234),
    Rejected: (-108, -114, -118, -119, -139, -141, -109, *range(-1129, -1119), -131, -146),
    Misconfigured: (-124, -216, -220, -209, -501),
    OutsideWindow: (-144, -147, -1441, -1471, -1472),
    Unpaid: (-320, -321, -136, -137, -115),
}
MESSENGER_TRIED_AGAIN = {1, 2, 1200, 4, 17, 32, 613, 80001, 80006, 2018300, 2018321}


def zalo(code: int, *, business: bool) -> SendError:
    found = zalo_errors.refusal(_answer(200, f'{{"error": {code}}}'), business=business, now=NOW)
    assert found is not None
    return found


def _answer(status: int, body: str) -> Answer:
    return Answer(status, body.encode(), {})


@pytest.mark.parametrize("business", [False, True], ids=["to the person's id", "to a phone number"])
def test_it_knows_every_number_of_zalo(business: bool) -> None:
    table = ZALO_BY_PHONE if business else ZALO
    wrong = {
        code: kind for kind, codes in table.items() for code in codes if type(zalo(code, business=business)) is not kind
    }
    assert wrong == {}


@pytest.mark.parametrize("business", [False, True], ids=["to the person's id", "to a phone number"])
def test_it_never_repeats_what_zalo_refuses_for_a_reason_we_do_not_know(business: bool) -> None:
    known = {code for codes in (ZALO_BY_PHONE if business else ZALO).values() for code in codes}
    for code in set(range(-2000, 2000)) - known - {0}:
        error = zalo(code, business=business)
        assert not isinstance(error, TRIED_AGAIN), code
        assert error.code == str(code)


@pytest.mark.parametrize("status", [400, 403])
def test_it_never_repeats_what_graph_refuses_for_a_reason_we_do_not_know(status: int) -> None:
    for code in {*range(3000), *range(80000, 80010), 2018300, 2018321, 9000001}:
        body = refusal(code, 0, "x").body
        error = messenger_errors.refusal(Answer(status, json.dumps(body).encode(), {}))
        assert error is not None
        assert isinstance(error, TRIED_AGAIN) is (code in MESSENGER_TRIED_AGAIN), code


@pytest.mark.parametrize("platform", ["zalo", "messenger"])
@pytest.mark.parametrize("status", [200, 302, 502, 504])
def test_it_takes_an_answer_that_says_nothing_for_a_send_that_may_have_arrived(platform: str, status: int) -> None:
    page = _answer(status, "<html>")
    error = zalo_errors.refusal(page, now=NOW) if platform == "zalo" else messenger_errors.refusal(page)
    assert error is None if (platform, status) == ("messenger", 200) else isinstance(error, Uncertain)
