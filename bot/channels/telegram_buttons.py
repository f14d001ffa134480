"""A message's menu as one of Telegram's two keyboards. Imports the library late: it takes a quarter of a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from telegram import InlineKeyboardMarkup, ReplyKeyboardMarkup

    from bot.domain.messages import Message

SHORT_LABEL = 12
"""Labels up to this length stand side by side, at most four in a row."""


def keyboard(message: Message, phone_label: str) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
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
