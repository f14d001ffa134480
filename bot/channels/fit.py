"""Fits neutral messages to a channel: one legal part per platform call, no character and no choice lost."""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from bot.channels.cards import unfolded, written_link
from bot.channels.splitting import PARAGRAPH, measure, shorten, split, visible, within_size
from bot.domain.changing import replace
from bot.domain.messages import Choice, Message
from bot.domain.platforms import Limits


def fit(messages: Sequence[Message], limits: Limits, hint: str = "") -> tuple[Message, ...]:
    """The same words as legal parts, in order, one platform call each.

    Args:
        messages: what one turn says.
        limits: the channel's.
        hint: words such as "answer with a number", put under a menu that is written out as numbered text.
    """
    if any(message.template for message in messages):
        return tuple(messages)  # approved words: nothing about them is ours to change
    return _fit(tuple(messages), limits, hint)


@lru_cache(maxsize=512)  # the questions of the forms and the topics are the same for everybody
def _fit(messages: tuple[Message, ...], limits: Limits, hint: str) -> tuple[Message, ...]:
    plain = chain.from_iterable(unfolded(message, limits) for message in messages)
    spoken = [message for message in plain if _says_something(message)]
    if limits.joined or limits.fleeting:
        spoken = _menu_last(spoken)
    if limits.joined and any(message.ask_phone for message in spoken):  # one call asks, and it is known from the start
        spoken = [*spoken[:-1], replace(spoken[-1], ask_phone=True)]
    last_menu = max((index for index, message in enumerate(spoken) if message.choices), default=-1)
    planned = [_within(message, limits, hint, numbered=index == last_menu) for index, message in enumerate(spoken)]
    if limits.joined:
        planned = _joined(planned)
    return tuple(chain.from_iterable(_parts(message, limits) for message in planned))


def offered(messages: Sequence[Message]) -> tuple[Choice, ...]:
    """The choices the conversation must remember: those of the last message that has any."""
    return next((message.choices for message in reversed(messages) if message.choices), ())


def trouble(message: Message, limits: Limits) -> str:
    """Why this message is not one legal call, or "" when it is. `send` refuses what `fit` has not made."""
    if message.template:
        return ""
    if message.ticket or message.location:
        return "its ticket or its place is not written out"
    text = measure(message.text)
    if not visible(message.text) and (message.image is None or message.choices or message.link):
        return "it has no text"
    if text > (limits.caption if message.image else limits.text):
        return "its text is too long"
    if len(message.choices) > limits.choices:
        return "it has too many choices"
    if any(not choice.label or measure(choice.label) > limits.label for choice in message.choices):
        return "a label is empty or too long"
    if any(not choice.payload or len(choice.payload.encode()) > limits.payload for choice in message.choices):
        return "a payload is empty or too long"
    if message.link and not _link_fits(message, text, limits):
        return "its link cannot be a button here"
    return ""


def _says_something(message: Message) -> bool:
    return bool(visible(message.text) or message.choices or message.link or message.image)


def _menu_last(messages: Sequence[Message]) -> list[Message]:
    """The menu that counts goes to the end of the turn; earlier ones become plain lines, for nobody can tap them."""
    menu = offered(messages)
    if not menu:
        return list(messages)
    counts = max(index for index, message in enumerate(messages) if message.choices)
    moved = [
        replace(
            message,
            text=_under(message.text, _bullets(map(_label, message.choices))) if index != counts else message.text,
        )
        for index, message in enumerate(messages)
    ]
    return [*(message.with_choices(()) for message in moved[:-1]), moved[-1].with_choices(menu)]


def _within(message: Message, limits: Limits, hint: str, *, numbered: bool) -> Message:
    """The message with its menu and its link brought within the limits; its text may still be too long."""
    text, link = _nfc(message.text).strip() if visible(message.text) else "", message.link
    if link and _link_fits(message, measure(text), limits):
        label = " ".join(_nfc(link.label).split())
        label, said = (label, label) if visible(label) else ("→", link.url)
        text, link = text or said, replace(link, label=label)
    elif link:
        text, link = _under(text, written_link(link)), None
    if not message.choices:
        return Message(text, (), link, message.image, message.ask_phone)
    most = 0 if message.ask_phone and limits.buttons_alone else limits.choices
    written, choices = _menu(message.choices, most, limits.label, numbered, bool(text))
    if written:
        text = _under(text, written, hint if numbered else "")
    return Message(text, choices, link, message.image, message.ask_phone)


@lru_cache(maxsize=1024)  # the same few menus go out all day
def _menu(
    choices: tuple[Choice, ...], most: int, longest: int, numbered: bool, with_text: bool
) -> tuple[str, tuple[Choice, ...]]:
    """A menu as the text that writes it out ("" where buttons say it all) and the buttons that fit."""
    menu, written = [(_label(choice), choice.payload) for choice in choices], ""
    if not with_text or _must_be_written(menu, most, longest):
        labels = [label for label, _ in menu]
        written = _numbers(labels) if numbered else _bullets(labels)
        menu = [(f"{n}. {label}" if numbered else label, load) for n, (label, load) in enumerate(menu, start=1)]
    return written, tuple(Choice(shorten(label, longest), payload) for label, payload in menu[:most])


def _must_be_written(menu: Sequence[tuple[str, str]], most: int, longest: int) -> bool:
    """A menu is written out when it has too many choices, or when buttons alone would hide or blur a label."""
    return (
        len(menu) > most
        or len({label for label, _ in menu}) < len(menu)
        or not all(within_size(label, longest) for label, _ in menu)
    )


def _link_fits(message: Message, text: int, limits: Limits) -> bool:
    """Whether the link can be a button. Platforms refuse local addresses there; a phone button takes the keyboard; a
    label that is too long is better read whole."""
    if not limits.link_text or not message.link or not message.link.url.startswith("https://") or message.ask_phone:
        return False
    if not within_size(" ".join(_nfc(message.link.label).split()), limits.label):
        return False
    return limits.link_text >= limits.text or (text <= limits.link_text and not message.choices)


def _joined(messages: Sequence[Message]) -> list[Message]:
    """One turn as one message; further pictures than the first stay calls of their own."""
    if not messages:
        return []
    pictures = [message.image for message in messages if message.image]
    whole = replace(
        messages[-1],
        text=PARAGRAPH.join(message.text for message in messages if message.text),
        image=pictures[0] if pictures else None,
    )
    return [*(Message("", image=picture) for picture in pictures[1:]), whole]


def _parts(message: Message, limits: Limits) -> Iterable[Message]:
    """One legal part after another: the picture first, buttons on the last."""
    texts = [text for text in split(message.text, limits.text) if visible(text)]
    if message.image and (not texts or measure(texts[0]) > limits.caption or _takes_its_place(message, limits)):
        yield Message("", image=message.image)
        message = replace(message, image=None)
    for number, text in enumerate(texts, start=1):
        image = message.image if number == 1 else None
        if number == len(texts):
            yield Message(text, message.choices, message.link, image, message.ask_phone)
        else:
            yield Message(text, image=image)


def _takes_its_place(message: Message, limits: Limits) -> bool:
    """Whether buttons or the question for the phone number stand where a picture would."""
    return limits.buttons_alone and (bool(message.choices) or message.ask_phone)


def _label(choice: Choice) -> str:
    label = " ".join(_nfc(choice.label).split())
    return label if visible(label) else choice.payload


def _numbers(labels: Iterable[str]) -> str:
    return "\n".join(f"{number}. {label}" for number, label in enumerate(labels, start=1))


def _bullets(labels: Iterable[str]) -> str:
    return "\n".join(f"• {label}" for label in labels)


def _under(*texts: str) -> str:
    return PARAGRAPH.join(text for text in texts if text)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
