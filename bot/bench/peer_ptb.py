"""The peer: the same conversation on python-telegram-bot's own Application, state in memory, answers sent nowhere."""

import re
from typing import Any

import orjson
from aiohttp import web
from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes, ConversationHandler, MessageHandler, filters
from telegram.request import BaseRequest, RequestData

from bot.bench import ground, walk

Context = ContextTypes.DEFAULT_TYPE
STEPS = ("consent", "reminder", "name", "birth", "phone", "unit", "unit-pick", "work", "drive", "slot", "confirm")


class Nowhere(BaseRequest):
    """A request class that answers every call at once: the peer is measured without any platform."""

    @property
    def read_timeout(self) -> float:
        return 1.0

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_timeouts: Any, **_more: Any
    ) -> tuple[int, bytes]:
        if url.endswith("/getMe"):
            me = {"id": int(walk.BOT_ID), "is_bot": True, "first_name": "Đo", "username": "do_thu_bot"}
            return 200, orjson.dumps({"ok": True, "result": me})
        chat = {"id": 1, "type": "private"}
        return 200, orjson.dumps(
            {"ok": True, "result": {"message_id": 1, "date": 1790000000, "chat": chat, "text": "ok"}}
        )


def _asks(step: int, pattern: str, field: str) -> Any:
    """A handler that checks an answer, keeps it and asks the next question."""
    check = re.compile(pattern)

    async def handle(update: Update, context: Context) -> int:
        message, data = update.effective_message, context.user_data
        if message is None or data is None or not check.search(message.text or ""):
            return step
        data[field] = message.text
        if step + 1 < len(STEPS):
            await message.reply_text(f"Câu tiếp theo: {STEPS[step + 1]}?")
            return step + 1
        await message.reply_text("Đã giữ chỗ. " + " · ".join(str(value) for value in data.values()))
        return int(ConversationHandler.END)

    return handle


async def _hello(update: Update, _context: Context) -> None:
    if update.effective_message:
        await update.effective_message.reply_text("Xin chào! Anh/chị muốn đăng ký hiến máu?")


async def _begin(update: Update, _context: Context) -> int:
    if update.effective_message:
        await update.effective_message.reply_text("Anh/chị có đồng ý lưu thông tin để đăng ký không?")
    return 0


def _application() -> Any:
    patterns = {"birth": r"^\d{1,2}/\d{1,2}/\d{4}$", "phone": r"^0\d{9}$", "slot": r"^\d$"}
    states: dict[object, list[Any]] = {
        step: [MessageHandler(filters.TEXT & ~filters.COMMAND, _asks(step, patterns.get(field, r"\S"), field))]
        for step, field in enumerate(STEPS)
    }
    request = Nowhere()
    application = (
        Application.builder()
        .token(f"{walk.BOT_ID}:peer")
        .request(request)
        .get_updates_request(request)
        .updater(None)
        .build()
    )
    application.add_handler(CommandHandler("start", _hello))
    application.add_handler(ConversationHandler([MessageHandler(filters.Regex("đăng ký"), _begin)], states, []))
    return application


async def measure_peer(order: dict[str, Any]) -> dict[str, Any]:
    """The client's figures against the peer, behind the same aiohttp edge."""
    application = _application()

    async def webhook(request: web.Request) -> web.Response:
        if request.headers.get("X-Telegram-Bot-Api-Secret-Token") != walk.BOT_SECRET:
            return web.Response(status=401)
        update = Update.de_json(orjson.loads(await request.read()), application.bot)
        await application.process_update(update)
        return web.Response()

    app = web.Application()
    app.router.add_post("/webhooks/telegram/{bot_id}", webhook)
    runner = web.AppRunner(app, access_log=None)
    port = ground.free_port()
    async with application:
        await application.start()
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            figures = await ground.run_client({**order, "port": port})
        finally:
            await runner.cleanup()
            await application.stop()
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in figures.items()}
