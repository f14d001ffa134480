"""Messages in words that a platform has approved: what each may hold, and what the organisation has of them."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.messages import TemplateCall
from bot.domain.outbox import MessagePurpose
from bot.domain.platforms import RouteKind
from bot.domain.updates import ChannelKind

CUT = "…"
REFUSED = str.maketrans("#$%", "   ")
"""Messenger rejects a utility template with one of these signs in a place (utility messages page)."""


@dataclass(frozen=True, slots=True)
class Param:
    """One place of a template.

    Args:
        longest: in characters after NFC.
        cut: a longer value may be cut at a word; else it cannot be sent.
        example: shown to those who approve the template.
    """

    name: str
    longest: int
    cut: bool = False
    example: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What we can say with a template of this name on a channel: our values with their longest words.

    Args:
        purpose: the message's purpose; the consent it needs follows from it.
        words: the words we hand in for approval, by language, with {places}; our own records show them filled.
        version: raised with every change of the words: a platform keeps what it has approved under a name for good.
    """

    name: str
    channel: ChannelKind
    purpose: MessagePurpose
    params: tuple[Param, ...]
    words: Mapping[str, str] = field(repr=False, hash=False)
    version: int = 1

    @property
    def platform_name(self) -> str:
        """Under which the platform knows it, where names are ours to give: small letters, digits, underscores."""
        return f"{self.name.replace('-', '_')}_v{self.version}"

    def param(self, name: str) -> Param | None:
        return next((param for param in self.params if param.name == name), None)

    def places_in(self, language: str) -> tuple[str, ...]:
        """Our values in the order in which the words of a language have them."""
        words = self.words[language]
        return tuple(sorted((param.name for param in self.params), key=lambda name: words.index(f"{{{name}}}")))


@dataclass(frozen=True, slots=True)
class Approved:
    """A template that the organisation has had approved (`templates:` of a load file).

    Args:
        name: what it is for: the name of our form.
        template_id: the platform's id or name of it.
        ways: how it may go.
        places: the platform's name of each place, and our value that fills it, in the template's order.
        price_vnd: of one message; None: the platform's ordinary price.
        phone_price_vnd: of one that goes to a phone number, where that is another (Zalo's usually costs more).
        status: approved, or what the platform has said of it since.
    """

    name: str
    channel: ChannelKind
    language: str
    template_id: str
    ways: frozenset[RouteKind]
    places: tuple[tuple[str, str], ...]
    price_vnd: int | None = None
    status: str = "approved"
    phone_price_vnd: int | None = None

    @property
    def usable(self) -> bool:
        return self.status == "approved"

    def price_by(self, way: RouteKind) -> int | None:
        """Of one message this way; None: the platform's ordinary price."""
        if way is RouteKind.TEMPLATE_PHONE and self.phone_price_vnd is not None:
            return self.phone_price_vnd
        return self.price_vnd


APPROVED = frozenset(("approved", "approve", "enable", "enabled"))
NO_MORE = frozenset(("rejected", "reject", "disable", "disabled", "deleted"))


def status_told(words: str) -> str:
    """Platforms' words come in several spellings, and a reason may follow; one we do not know keeps the template from
    being used."""
    word = words.lower().partition(" ")[0]
    if word in APPROVED:
        return "approved"
    return "disabled" if word in NO_MORE else "pending"


Templates = Mapping[str, tuple[Approved, ...]]
"""By what they are for."""


class BadParam(ValueError):
    """A value that a template cannot take; the words say which place, never the value."""


def call_for(form: Form, approved: Approved, values: Mapping[str, str], by: RouteKind, phone: str = "") -> TemplateCall:
    """The call with every place of the approved template filled.

    Raises:
        BadParam: a value is not ours, missing, or too long: what does not fit is never sent.
    """
    if form.channel is ChannelKind.MESSENGER:
        values = {name: value.translate(REFUSED) for name, value in values.items()}
    filled = {theirs: _fitted(form, ours, values) for theirs, ours in approved.places}
    how = {RouteKind.TEMPLATE_PHONE: "phone", RouteKind.UTILITY: "page"}.get(by, "uid")
    number = phone if how == "phone" else ""
    return TemplateCall(form.name, approved.template_id, filled, how, number, approved.language)


def as_read(form: Form, values: Mapping[str, str], language: str) -> str:
    """The words as a person reads them, for our own records; the approved ones may differ a little."""
    words = form.words.get(language) or next(iter(form.words.values()), "")
    for param in form.params:
        words = words.replace("{" + param.name + "}", values.get(param.name, ""))
    return words


def _fitted(form: Form, name: str, values: Mapping[str, str]) -> str:
    param = form.param(name)
    if param is None:
        raise BadParam(f"{name} is no value of {form.name}")
    value = " ".join(unicodedata.normalize("NFC", values.get(name, "")).split())
    if not value:
        raise BadParam(f"{name} has no value")
    if len(value) > param.longest and not param.cut:
        raise BadParam(f"{name} is longer than {param.longest} characters")
    return _cut(value, param.longest)


def _cut(value: str, longest: int) -> str:
    """At a word, with "…", where it is too long."""
    if len(value) <= longest:
        return value
    head = value[: longest - 1]
    at = head.rfind(" ")
    if value[len(head)] != " " and at > len(head) // 2:
        head = head[:at]
    return head.rstrip(" ,;:.-–(/") + CUT
