"""Reads content/templates/: our approved forms, their places with longest words, and the words around them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.domain.loads import Entry, Fault
from bot.domain.outbox import MessagePurpose
from bot.domain.templates import Form, Param
from bot.domain.updates import ChannelKind
from bot.library.lines import Source
from bot.library.schema import LANGUAGES
from bot.library.templates import BadTemplate, parse

_TOP = ("name", "purpose", "channels", "params", "words")
_PARAM = ("longest", "cut", "example")
_CHANNEL = {"zalo": ("tag", "title", "buttons"), "messenger": ("category", "version")}

SHORTEST, LONGEST = 9, 400
"""A paragraph of a Zalo template, with its places as short as they can be (ZBS template rules)."""

TITLE = (9, 65)
MOST_BUTTONS = 2
LONGEST_VALUE = 200
"""The widest kind of place that Zalo has (an address)."""

TAGS = (1, 2)
"""Transaction and customer care. 3 is promotion: an appeal to a person is not for a template of ours."""

CONTACTS = re.compile(r"https?://|www\.|\b0\d{8,10}\b|\+84")


def take_form(forms: dict[str, Form], source: Source) -> None:
    """One file: the same form for each channel that it names."""
    before = len(source.findings)
    name, purpose = source.want(str, "name", default=""), source.want(str, "purpose", default="")
    for key in source.values:
        if key not in _TOP:
            source.note(f"{key} is not a field of a template; write one of {', '.join(_TOP)}", key)
    if not name:
        source.note("name is missing")
    if purpose not in set(MessagePurpose) or MessagePurpose(purpose).answers:
        source.note("purpose is one of drive, reminder, news, urgent", "purpose")
    params = tuple(_params(source))
    words = _words(source, params)
    channels = list(_channels(source, params, words))
    if len(source.findings) > before:
        return
    for channel in channels:
        version = source.want(int, "channels", channel.value, "version", default=1)
        forms[form_key(name, channel)] = Form(name, channel, MessagePurpose(purpose), params, words, version)


def form_key(name: str, channel: str) -> str:
    """The form of a name on a channel."""
    return f"{name}@{channel}"


def template_faults(entries: Iterable[Entry], forms: Mapping[str, Form]) -> Iterator[Fault]:
    """Entries of a load file's `templates:` that no form of ours can fill."""
    for entry in entries:
        values = entry.values
        form = forms.get(form_key(values.get("purpose", ""), values.get("channel", "")))
        if form is None:
            known = sorted({known.name for known in forms.values()})
            yield entry.fault("purpose", f"there is no template for this; write one of {', '.join(known)}")
            continue
        params = values.get("params", [])
        for ours in params.values() if isinstance(params, dict) else params:
            if form.param(ours) is None:
                own = ", ".join(param.name for param in form.params)
                yield entry.fault("params", f"{ours} is no value of {form.name}; write one of {own}")


def _params(source: Source) -> Iterator[Param]:
    for name in source.want(dict, "params", default={}):
        for key in source.want(dict, "params", name, default={}):
            if key not in _PARAM:
                source.note(f"{key} is not known here; write {', '.join(_PARAM)}", "params", name, key)
        longest = source.want(int, "params", name, "longest", default=0)
        if not 0 < longest <= LONGEST_VALUE:
            source.note(f"{name} needs `longest`: from 1 to {LONGEST_VALUE} characters", "params", name)
        example = source.want(str, "params", name, "example", default="")
        if len(example) > longest > 0:
            source.note(f"the example of {name} is longer than {longest} characters", "params", name)
        yield Param(name, longest, source.want(bool, "params", name, "cut", default=False), example)


def _words(source: Source, params: tuple[Param, ...]) -> dict[str, str]:
    """The words by language: each holds every place once, and nothing that the platforms refuse."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        words = "\n".join(line.strip() for line in source.want(str, "words", language, default="").strip().splitlines())
        if not words:
            source.note(f"words has no {language}", "words")
            continue
        found[language] = words
        _check_words(source, language, words, params)
    return found


def _check_words(source: Source, language: str, words: str, params: tuple[Param, ...]) -> None:
    place: tuple[Any, ...] = ("words", language)
    try:
        template = parse(words)
    except BadTemplate as error:
        source.note(f"{language}: {error}", *place)
        return
    if sorted(template.names) != sorted(param.name for param in params):
        source.note(f"{language}: every place of params stands in the words, once", *place)
    if CONTACTS.search(words):
        source.note(f"{language}: no link and no phone number may stand in the words of a template", *place)
    if words.startswith("{") or words.endswith("}"):
        source.note(f"{language}: Messenger refuses a place at the very beginning or end", *place)
    plain = sum(len(piece) for piece, _ in template.pieces)
    if not SHORTEST <= plain <= LONGEST:
        source.note(f"{language}: {plain} characters around the places; from {SHORTEST} to {LONGEST} are taken", *place)


def _channels(source: Source, params: tuple[Param, ...], words: Mapping[str, str]) -> Iterator[ChannelKind]:
    for name in source.want(dict, "channels", default={}):
        if name not in _CHANNEL:
            source.note(f"{name} has no templates; write some of {', '.join(_CHANNEL)}", "channels", name)
            continue
        for key in source.want(dict, "channels", name, default={}):
            if key not in _CHANNEL[name]:
                source.note(f"{key} is not known here; write {', '.join(_CHANNEL[name])}", "channels", name, key)
        if name == ChannelKind.ZALO:
            _check_zalo(source)
        else:
            _check_messenger(source, params, words)
        yield ChannelKind(name)


def _check_messenger(source: Source, params: tuple[Param, ...], words: Mapping[str, str]) -> None:
    """What Meta rejects at once (utility messages page, rejection causes)."""
    place = ("channels", "messenger")
    if source.want(str, *place, "category", default="") != "UTILITY":
        source.note("category is UTILITY: anything else counts as marketing", *place)
    if source.want(int, *place, "version", default=1) < 1:
        source.note("version is 1, and one more with every change of the words", *place)
    for param in params:
        if not param.example or any(sign in param.example for sign in "#$%"):
            source.note(f"{param.name} needs an example without # $ %: Meta's reviewers read it", "params", param.name)
    for language, text in words.items():
        if "}{" in "".join(text.split()) or "{{" in text:
            source.note(f"{language}: Messenger refuses places side by side, and other braces", "words", language)


def _check_zalo(source: Source) -> None:
    place = ("channels", "zalo")
    title = source.want(str, *place, "title", default="")
    if not TITLE[0] <= len(title) <= TITLE[1]:
        source.note(f"title has {len(title)} characters; from {TITLE[0]} to {TITLE[1]} are taken", *place)
    if source.want(int, *place, "tag", default=0) not in TAGS:
        source.note("tag is 1 (transaction) or 2 (customer care)", *place)
    if len(source.want(list, *place, "buttons", default=[])) > MOST_BUTTONS:
        source.note(f"at most {MOST_BUTTONS} buttons", *place)
