"""Telegram: webhook calls in, Bot API calls out. Numbers: Bot API 10.1 (core.telegram.org/bots/api)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.channels.base import (
    Account,
    BadWebhook,
    ContactGone,
    Health,
    Misconfigured,
    Receipt,
    Received,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    Uncertain,
    WebhookRequest,
)
from bot.channels.fit import trouble
from bot.channels.wire import identifier, mapping, moment, read_object, same, text
from bot.domain.messages import Message
from bot.domain.updates import (
    ChannelKind,
    Event,
    Left,
    Pressed,
    Returned,
    Said,
    SentSomething,
    SharedPhone,
    Started,
    Unknown,
    Update,
)

if TYPE_CHECKING:
    import aiohttp
    from telegram import InlineKeyboardMarkup, ReplyKeyboardMarkup
    from telegram.error import TelegramError

    from bot.channels.telegram_http import Bot
    from bot.domain.platforms import Limits

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
SHORT_LABEL = 12
"""Labels up to this length stand side by side, at most four in a row."""

MEDIA = (
    "sticker", "photo", "voice", "video", "video_note", "animation", "audio", "document", "location", "venue", "poll",
    "dice", "story", "game", "paid_media", "checklist",
)  # fmt: skip
"""Fields of Message (Bot API) that carry something we do not read; `animation` comes with a `document` beside it."""


class Telegram:
    """The bots of all Telegram accounts."""

    kind = ChannelKind.TELEGRAM

    def __init__(
        self,
        accounts: Sequence[Account],
        session: Callable[[], aiohttp.ClientSession],
        *,
        limits: Limits,
        base: str = "https://api.telegram.org",
        phone_label: str = "📱",
        polling: bool = False,
    ) -> None:
        """Args:
        accounts: `external_id` is the bot's id; secrets `token` and `secret` (the webhook's).
        session: gives the shared HTTP session.
        phone_label: words on the button that shares one's own number.
        polling: no webhook is expected by `check`.
        """
        self._accounts = {account.external_id: account for account in accounts}
        self.limits = limits
        self._session, self._base, self._phone_label, self._polling = session, base, phone_label, polling
        self._bots: dict[int, Bot] = {}

    @property
    def bot_ids(self) -> tuple[str, ...]:
        """The `{bot_id}` of each of our webhook addresses."""
        return tuple(self._accounts)

    def knows(self, bot_id: str) -> bool:
        """Is this the `{bot_id}` of one of our webhook addresses?"""
        return bot_id in self._accounts

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and decode one update."""
        account = self._accounts.get(request.path_id)
        secret = account.secrets.get("secret", "") if account else ""
        if account is None or not secret or not same(request.headers.get(SECRET_HEADER, ""), secret):
            raise BadWebhook("the secret token is wrong or missing")
        return decode(account, read_object(request.body), request.received_at)

    async def send(self, account: Account, user_id: str, message: Message, key: str) -> Receipt:
        """One sendMessage or sendPhoto. The Bot API has no field for `key`."""
        if fault := trouble(message, self.limits):
            raise Rejected(f"the message is not fitted to Telegram: {fault}")
        if not user_id.lstrip("-").isdigit():
            raise ContactGone("this is not a Telegram chat id", code="400")
        call = {"chat_id": int(user_id), "reply_markup": _keyboard(message, self._phone_label)}
        if message.image:
            result = await self._call(account, "sendPhoto", photo=message.image, caption=message.text or None, **call)
        else:
            result = await self._call(account, "sendMessage", text=message.text, **call)
        platform_id = identifier(mapping(result).get("message_id"))
        if not platform_id:
            raise Uncertain("Telegram took the message without naming it")
        return Receipt(platform_id)

    async def answer_press(self, account: Account, callback_query_id: str) -> None:
        """Take the waiting circle off a pressed button; for polling, where no webhook answer can do it."""
        await self._call(account, "answerCallbackQuery", callback_query_id=callback_query_id)

    async def get_updates(self, account: Account, offset: int | None, seconds: int) -> list[Any]:
        """One long poll: raw updates, oldest first."""
        result = await self._call(
            account,
            "getUpdates",
            offset=offset,
            timeout=seconds,
            allowed_updates=list(ALLOWED_UPDATES),
            answer_seconds=seconds + 10.0,
        )
        return result if isinstance(result, list) else []

    async def set_webhook(self, account: Account, url: str, secret: str) -> None:
        """Have updates posted to `url`, over up to 40 connections at once: the intake puts each person's in order."""
        await self._call(
            account,
            "setWebhook",
            url=url,
            secret_token=secret,
            max_connections=40,
            allowed_updates=list(ALLOWED_UPDATES),
        )

    async def delete_webhook(self, account: Account) -> None:
        """Back to polling; what waits is kept."""
        await self._call(account, "deleteWebhook", drop_pending_updates=False)

    async def check(self, account: Account) -> Health:
        """getMe, then getWebhookInfo."""
        try:
            me = mapping(await self._call(account, "getMe"))
            hook = mapping(await self._call(account, "getWebhookInfo"))
        except SendError as error:
            return Health(False, {}, f"{error} ({error.code})" if error.code else str(error))
        facts = {"bot": text(me.get("username")), "webhook": text(hook.get("url"))}
        facts["pending"] = identifier(hook.get("pending_update_count")) or "0"
        if hook.get("last_error_message"):
            facts["last_error"] = text(hook.get("last_error_message"), 200)
        problem = _webhook_problem(hook, identifier(me.get("id")), account, self._polling)
        return Health(not problem, facts, problem)

    async def _call(self, account: Account, method: str, **parameters: Any) -> Any:
        """A method of the Bot API, its refusals as ours."""
        from telegram.error import TelegramError

        try:
            return await self._bot(account).call(method, **parameters)
        except TelegramError as error:
            trouble = _as_ours(error)
        # Raised outside the handler: the library's errors can hold an address, and addresses here hold the token.
        raise trouble

    def _bot(self, account: Account) -> Bot:
        if account.id not in self._bots:
            from bot.channels.telegram_http import make_bot

            token = account.secrets.get("token", "")
            if not token:
                raise Misconfigured("this bot has no token")
            self._bots[account.id] = make_bot(token, self._base, self._session)
        return self._bots[account.id]


def decode(account: Account, raw: Mapping[str, Any], received_at: datetime | None) -> Received:
    """One raw Update. Only private chats are ours; what lacks its person or its number is left alone."""
    if "message" in raw:
        return _in_private(account, raw, mapping(raw["message"]), received_at, _message_event)
    if "callback_query" in raw:
        return _pressed(account, raw, mapping(raw["callback_query"]), received_at)
    if "my_chat_member" in raw:
        return _in_private(account, raw, mapping(raw["my_chat_member"]), received_at, _member_event)
    kind = next((key for key in raw if key != "update_id"), "empty")
    return Received(left_alone=(str(kind)[:64],))


def _in_private(
    account: Account,
    raw: Mapping[str, Any],
    body: Mapping[str, Any],
    received_at: datetime | None,
    event_of: Callable[[Mapping[str, Any]], Event],
) -> Received:
    chat, person = mapping(body.get("chat")), mapping(body.get("from"))
    update_id, user_id = identifier(raw.get("update_id")), identifier(chat.get("id"))
    if chat.get("type") != "private":
        return Received(left_alone=(f"chat:{text(chat.get('type'), 20) or 'unknown'}",))
    if not update_id or not user_id or identifier(person.get("id")) != user_id:
        return Received(left_alone=("partial",))
    sent_at = moment(body.get("date"), received_at)
    return Received((Update(account.id, ChannelKind.TELEGRAM, user_id, update_id, sent_at, event_of(body)),))


def _pressed(
    account: Account, raw: Mapping[str, Any], query: Mapping[str, Any], received_at: datetime | None
) -> Received:
    """A press has no time of its own, and its message's date is that of the question; so ours, to the second."""
    query_id = identifier(query.get("id"))
    answer = {"method": "answerCallbackQuery", "callback_query_id": query_id} if query_id else None
    update_id, user_id = identifier(raw.get("update_id")), identifier(mapping(query.get("from")).get("id"))
    message, payload = mapping(query.get("message")), text(query.get("data"), 64)
    chat = mapping(message.get("chat"))
    if not update_id or not user_id or not payload or (chat and identifier(chat.get("id")) != user_id):
        return Received(left_alone=("callback_query",), answer=answer)
    sent_at = received_at.replace(microsecond=0) if received_at else moment(message.get("date"))
    event = Pressed(payload, _label_of(message, payload))
    return Received((Update(account.id, ChannelKind.TELEGRAM, user_id, update_id, sent_at, event),), answer=answer)


def _label_of(message: Mapping[str, Any], payload: str) -> str:
    """The words on the pressed button, where the message still has its keyboard."""
    rows = mapping(message.get("reply_markup")).get("inline_keyboard")
    buttons = (mapping(button) for row in rows or () if isinstance(row, list) for button in row)
    return next((text(button.get("text"), 200) for button in buttons if button.get("callback_data") == payload), "")


def _message_event(message: Mapping[str, Any]) -> Event:
    if words := text(message.get("text")):
        command, _, payload = words.partition(" ")
        return Started(payload.strip()[:64]) if command == "/start" else Said(words)
    if "contact" in message:
        contact, sender = mapping(message["contact"]), identifier(mapping(message.get("from")).get("id"))
        phone = text(contact.get("phone_number"), 40)
        if not phone or identifier(contact.get("user_id")) != sender:
            return SentSomething("foreign-contact")  # a forwarded card is somebody else's number
        names = (text(contact.get(name), 100) for name in ("last_name", "first_name"))
        return SharedPhone(phone, " ".join(name for name in names if name))
    kind = next((field for field in MEDIA if field in message), "")
    return SentSomething(kind) if kind else Unknown("message")


def _member_event(change: Mapping[str, Any]) -> Event:
    """`kicked` is blocked, `member` is unblocked (ChatMemberUpdated in a private chat)."""
    match mapping(change.get("new_chat_member")).get("status"):
        case "kicked":
            return Left()
        case "member":
            return Returned()
        case _:
            return Unknown("my_chat_member")


def _keyboard(message: Message, phone_label: str) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
    """Inline buttons; with `ask_phone` a reply keyboard, because only that can share a number.

    A message has one keyboard, so beside the phone button the choices are reply buttons too: a tap types the label,
    which means the same as the choice; `fit` has made a link text.
    """
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, ReplyKeyboardMarkup

    if message.ask_phone:
        keys = [[KeyboardButton(phone_label, request_contact=True)]]
        keys += [[KeyboardButton(choice.label)] for choice in message.choices]
        return ReplyKeyboardMarkup(keys, resize_keyboard=True, one_time_keyboard=True)
    buttons = [InlineKeyboardButton(choice.label, callback_data=choice.payload) for choice in message.choices]
    rows = _rows(buttons)
    if message.link:
        rows.append([InlineKeyboardButton(message.link.label, url=message.link.url)])
    return InlineKeyboardMarkup(rows) if rows else None


def _rows(buttons: list[Any]) -> list[list[Any]]:
    """One button a row, unless all are short."""
    if any(len(button.text) > SHORT_LABEL for button in buttons):
        return [[button] for button in buttons]
    width = 2 if len(buttons) <= 4 else 4
    return [buttons[at : at + width] for at in range(0, len(buttons), width)]


def _as_ours(error: TelegramError) -> SendError:
    """The library's class, ours. BadRequest and TimedOut are NetworkErrors there, so order matters."""
    from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TimedOut

    from bot.channels.telegram_http import Flooded, NotSent

    match error:
        case Flooded():
            return Throttled("Telegram asks for a slower pace", code="429", retry_after=error.seconds)
        case NotSent():
            return Unavailable("Telegram did not take the message")
        case TimedOut():
            return Uncertain("Telegram's answer was lost")
        case Forbidden():
            return ContactGone("the person blocked the bot or never started it", code="403")
        case BadRequest() if "chat not found" in error.message.lower():
            return ContactGone("Telegram knows no such chat", code="400")
        case BadRequest():
            return Rejected("Telegram refuses this message", code="400")
        case ChatMigrated():
            return Rejected("this chat became another one", code="400")
        case InvalidToken():
            return Misconfigured("Telegram does not know this token", code="401")
        case Conflict():
            return Misconfigured("another program polls this bot, or it has a webhook", code="409")
        case _:
            return Uncertain("Telegram answered something unexpected")


def _webhook_problem(hook: Mapping[str, Any], bot_id: str, account: Account, polling: bool) -> str:
    if bot_id != account.external_id:
        return "the token belongs to another bot"
    if polling:
        return "a webhook is registered, so polling gets nothing" if hook.get("url") else ""
    if not hook.get("url"):
        return "no webhook is registered: run giothong channels set-webhook"
    missing = set(ALLOWED_UPDATES) - set(hook.get("allowed_updates") or ())
    return f"the webhook does not bring: {', '.join(sorted(missing))}" if missing else ""
