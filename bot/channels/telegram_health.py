"""What Telegram says of our bot and its webhook, judged: who would not hear us, and what to do about it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.channels.base import Account, Health
from bot.channels.telegram_updates import ALLOWED_UPDATES
from bot.channels.wire import EPOCH, identifier, items, mapping, moment, text

LATELY = timedelta(minutes=10)
"""Telegram keeps telling of its last failure long after it is over: only a fresh one counts, and only if updates wait."""

MANY_WAIT = 100
"""More updates than Telegram hands out at a time: whoever should take them does not keep up, or does not run."""


def health_of(me: Any, hook: Any, account: Account, now: datetime, *, polling: bool) -> Health:
    """From the answers of getMe and getWebhookInfo."""
    bot, webhook = mapping(me), mapping(hook)
    facts = {"bot": text(bot.get("username")), "webhook": text(webhook.get("url")), "pending": str(_pending(webhook))}
    if webhook.get("last_error_message"):
        facts["last_error"] = text(webhook.get("last_error_message"), 200)
        facts["last_error_at"] = moment(webhook.get("last_error_date")).isoformat(timespec="seconds")
    if identifier(bot.get("id")) != account.external_id:
        problem = "the token belongs to another bot"
    elif polling:
        problem = _polling_problem(webhook)
    else:
        problem = _webhook_problem(webhook, account) or _delivery_problem(webhook, now)
    return Health(not problem, facts, problem)


def _polling_problem(hook: Mapping[str, Any]) -> str:
    if hook.get("url"):
        return "a webhook is registered, so polling gets nothing: start giothong, which takes it away"
    pending = _pending(hook)
    return f"{pending} updates wait: is giothong running?" if pending > MANY_WAIT else ""


def _webhook_problem(hook: Mapping[str, Any], account: Account) -> str:
    url = text(hook.get("url"))
    if not url:
        return "no webhook is registered: run giothong channels set-webhook"
    if not url.endswith(f"/webhooks/telegram/{account.external_id}"):
        return "the webhook leads to another program: run giothong channels set-webhook"
    missing = set(ALLOWED_UPDATES) - set(items(hook.get("allowed_updates")))
    return f"the webhook does not bring: {', '.join(sorted(missing))}" if missing else ""


def _delivery_problem(hook: Mapping[str, Any], now: datetime) -> str:
    pending, failed_at = _pending(hook), moment(hook.get("last_error_date"), EPOCH)
    if pending and now - failed_at < LATELY:
        return f"Telegram cannot deliver {pending} updates: {text(hook.get('last_error_message'), 200) or 'no reason'}"
    return f"{pending} updates wait: is the public address reachable?" if pending > MANY_WAIT else ""


def _pending(hook: Mapping[str, Any]) -> int:
    count = hook.get("pending_update_count")
    return count if isinstance(count, int) and not isinstance(count, bool) else 0
