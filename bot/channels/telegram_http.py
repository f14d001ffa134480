"""python-telegram-bot's Bot over our own aiohttp session. Imported late: the library takes a quarter of a second."""

import logging
from collections.abc import Callable
from typing import Any

import aiohttp
import telegram
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.channels.base import Unavailable, Uncertain, UnreadableBody
from bot.channels.http import ANSWER_SECONDS, Answer, call
from bot.channels.wire import read_object

SAID_NO = frozenset({500, 503})
"""Server troubles that Telegram reports itself; behind 502 and 504 the request may have been carried out."""

JUDGED_BY_THE_LIBRARY = frozenset({400, 401, 403, 404, 408, 409})
"""Other refusals with 4xx, such as 413, are refusals too; the library would call them a network trouble, to be tried again."""


class NotSent(NetworkError):
    """Certainly not carried out: no connection, or Telegram said so."""


class AnswerLost(TimedOut):
    """It may have been carried out."""


class Flooded(TelegramError):
    """Too fast. The library's own RetryAfter warns of its deprecation each time it is made."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many requests, again in {seconds:g} s")
        self.seconds = seconds


class AiohttpRequest(BaseRequest):
    """The library's way to the network, over a session that others share and close."""

    __slots__ = ("_session",)

    def __init__(self, session: Callable[[], aiohttp.ClientSession]) -> None:
        self._session = session

    @property
    def read_timeout(self) -> float:
        return ANSWER_SECONDS

    async def initialize(self) -> None:
        """Nothing to open: the session belongs to the registry."""

    async def shutdown(self) -> None:
        """Nothing to close, for the same reason."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """One call; the status is the one that decides, so a refusal with status 200 comes back as what it is."""
        seconds = read_timeout if isinstance(read_timeout, int | float) else ANSWER_SECONDS
        parameters = request_data.parameters if request_data else {}
        try:
            answer = await call(self._session(), method, url, json=parameters, answer_seconds=seconds)
        except Unavailable as error:
            raise NotSent(str(error)) from None
        except Uncertain as error:
            raise AnswerLost(str(error)) from None
        return _status(answer), answer.body

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The library's version logs the whole answer, message text included; this one does not."""
        try:
            return read_object(payload)
        except UnreadableBody as error:
            raise TelegramError(str(error)) from None


class Bot(telegram.Bot):
    """The library's Bot with one plain call: the raw result, so a field the library misses cannot undo a send."""

    __slots__ = ()

    async def call(self, method: str, *, answer_seconds: float = ANSWER_SECONDS, **parameters: Any) -> Any:
        """Call a method of the Bot API. Values may be the library's types; None is left out.

        Raises:
            TelegramError: one of the library's classes, or `NotSent`, `AnswerLost`, `Flooded`.
        """
        return await self._post(method, parameters, read_timeout=answer_seconds)


def make_bot(token: str, base: str, session: Callable[[], aiohttp.ClientSession]) -> Bot:
    """A Bot for one account. At DEBUG the library logs addresses with the token and whole texts, so it may not."""
    library = logging.getLogger("telegram")
    library.setLevel(max(library.level, logging.INFO))
    request = AiohttpRequest(session)
    return Bot(token, base_url=f"{base}/bot", request=request, get_updates_request=request)


def _status(answer: Answer) -> int:
    """The status to judge by. Telegram: `parameters` first, then the status; `ok` false counts whatever the status."""
    body = answer.json()
    parameters = body.get("parameters")
    if isinstance(parameters, dict) and isinstance(parameters.get("retry_after"), int | float):
        raise Flooded(float(parameters["retry_after"]))
    if answer.status == 429:
        raise Flooded(_header_seconds(answer))
    if answer.status >= 500:
        if body.get("ok") is False and answer.status in SAID_NO:
            raise NotSent(f"HTTP {answer.status}")
        raise AnswerLost(f"HTTP {answer.status}")
    if answer.status < 300 and body.get("ok") is not True:
        code = body.get("error_code")
        if body.get("ok") is False and isinstance(code, int) and 400 <= code < 500:
            return code
        raise AnswerLost("the answer is neither yes nor no")
    if 400 <= answer.status < 500 and answer.status not in JUDGED_BY_THE_LIBRARY:
        return 400
    return answer.status


def _header_seconds(answer: Answer) -> float:
    given = answer.headers.get("Retry-After", "")
    return float(given) if given.isdigit() else 1.0
