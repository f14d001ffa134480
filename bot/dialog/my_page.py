"""My page: when I may give again, the places I hold, what I have given, and where everything about me is."""

from datetime import date

from bot.dialog import mine
from bot.dialog.claims import offering
from bot.dialog.menu import onward
from bot.dialog.payloads import Agree, Go, Own
from bot.dialog.saying import choice, language, say, to, with_link, words
from bot.dialog.talk import Talk
from bot.dialog.turns import GiveConsent, NameCard, Turn
from bot.dialog.wording import local_day, plain_date
from bot.domain.changing import replace
from bot.domain.consents import ConsentGiven, Purpose
from bot.domain.messages import Choice
from bot.domain.recognition import following, reached
from bot.domain.updates import ChannelKind


def show(talk: Talk) -> Turn:
    """Everything in one message; a line of an old list that may be theirs is asked about under it."""
    held = mine.current(talk)
    parts = [words(talk, "mypage.title"), *_giving(talk), *_honours(talk)]
    if held:
        parts.append(words(talk, "mypage.places", list="\n".join(mine.line(talk, one) for one in held)))
    shown = say(talk, "mypage.title", *_choices(talk, bool(held)))
    shown = replace(shown, message=replace(shown.message, text="\n".join(parts)))
    conversation = talk.dossier.conversation
    return Turn(conversation, (shown, *offering(talk, talk.dossier.person, *onward(talk), first=(shown,))))


def _giving(talk: Talk) -> list[str]:
    """When again; a site's own word goes before the usual interval."""
    dossier, today, tongue = talk.dossier, _today(talk), language(talk)
    until = dossier.deferred_until if dossier.deferred_until is not None and dossier.deferred_until > today else None
    lines = [words(talk, "mypage.put-off", date=plain_date(until, tongue))] if until else []
    if dossier.last_given_on is None or dossier.next_on is None:
        return lines or [words(talk, "mypage.never")]
    if until is not None and dossier.next_on <= until:
        return lines  # an earlier date beside it would say otherwise
    days = {"last_on": plain_date(dossier.last_given_on, tongue), "next_on": plain_date(dossier.next_on, tongue)}
    return [*lines, words(talk, "mypage.next" if dossier.next_on > today else "mypage.next-over", **days)]


def _honours(talk: Talk) -> list[str]:
    """What blood banks recorded; what is only told stands apart. Nobody is compared with anybody."""
    dossier, steps = talk.dossier, talk.catalogue.steps
    lines = []
    if dossier.given:
        lines.append(words(talk, "mypage.given", count=dossier.given))
    if dossier.told:
        lines.append(words(talk, "mypage.told", count=dossier.told))
    step, after = reached(steps, dossier.given), following(steps, dossier.given)
    if step is not None:
        what = words(talk, f"recognition.{step.id}")
        lines.append(words(talk, "mypage.reached", count=dossier.given, what=what))
    if after is not None and dossier.given:
        lines.append(words(talk, "mypage.following", count=after.at, what=words(talk, f"recognition.{after.id}")))
    return lines


def _choices(talk: Talk, has_places: bool) -> tuple[Choice, ...]:
    """At most ten."""
    first = to(talk, "mine") if has_places else to(talk, "register")
    card = (choice(talk, "card", Own("card")),) if talk.dossier.given else ()
    return (
        first,
        *card,
        choice(talk, "tell-donation", Own("tell")),
        choice(talk, "hours", Go("hours")),
        to(talk, "consents"),
        to(talk, "data"),
        to(talk, "one-person"),
        choice(talk, "stop", Go("stop")),
        *onward(talk),
    )


# --- the thank-you card ------------------------------------------------------------------------------------------------


def card(talk: Talk) -> Turn:
    """One question first: with the name, or without."""
    conversation = talk.dossier.conversation
    if not talk.dossier.given:
        return Turn(conversation, (say(talk, "card.none", *onward(talk)),))
    if not talk.catalogue.card_link(talk.dossier.address, talk.now):
        return Turn(conversation, (say(talk, "card.no-link", *onward(talk)),))
    named, plain = choice(talk, "card-named", Own("named")), choice(talk, "card-plain", Own("plain"))
    return Turn(conversation, (say(talk, "card.ask-name", named, plain, *onward(talk)),))


def made(talk: Talk, *, named: bool) -> Turn:
    """The picture itself, or a link to it where a picture would be a call of its own. To carry the name is to agree that
    the union may name them: the same consent, and no second question."""
    dossier = talk.dossier
    link = talk.catalogue.card_link(dossier.address, talk.now)
    if not dossier.given or dossier.person is None or not link:
        return card(talk)
    said = say(talk, "card.here", *_honour_choice(talk, named), *onward(talk))
    if dossier.address.channel is ChannelKind.ZALO:
        said = with_link(said, words(talk, "label.see-card"), link)
    else:
        said = replace(said, message=replace(said.message, image=link))
    name = dossier.person.name if named else ""
    return Turn(dossier.conversation, (*_agreed(talk, named), NameCard(name), said))


def _agreed(talk: Talk, named: bool) -> tuple[GiveConsent, ...]:
    if not named or Purpose.HONOUR in talk.dossier.consents:
        return ()
    return (GiveConsent(ConsentGiven(Purpose.HONOUR, talk.catalogue.words.wording("card.ask-name"))),)


def _honour_choice(talk: Talk, named: bool) -> tuple[Choice, ...]:
    """Whoever is named can take it back at once."""
    if not named:
        return ()
    return (choice(talk, "withdraw", Agree(Purpose.HONOUR, "off"), label=words(talk, "consents.name.honour")),)


def _today(talk: Talk) -> date:
    return local_day(talk.now, talk.catalogue.zone)
