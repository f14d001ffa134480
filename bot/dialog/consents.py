"""The consents outside the form: asked once after a finished talk, listed, given and withdrawn one by one."""

from bot.dialog.held import all_let_go
from bot.dialog.menu import menu_choices, onward
from bot.dialog.more_routes import after_a_donation, one_more
from bot.dialog.payloads import Agree, Blood, Go
from bot.dialog.saying import choice, organiser, say, to, words
from bot.dialog.talk import Talk
from bot.dialog.turns import Cancel, Effect, GiveConsent, KeepBloodGroup, Say, Turn, WithdrawConsent
from bot.domain.appeals import BLOOD_GROUPS
from bot.domain.changing import replace
from bot.domain.consents import BY_CHOICE, ConsentGiven, Purpose
from bot.domain.conversations import Conversation
from bot.domain.messages import Choice
from bot.domain.updates import ChannelKind
from bot.understanding.blood_groups import read_blood_group


def to_ask(talk: Talk) -> Purpose | None:
    """What may be asked after a finished registration: news first; of who has given before, urgent, then honour."""
    if talk.dossier.address.channel is ChannelKind.WEB:
        return None  # a page that may never be opened again: only who wants news there says so
    wanted = (Purpose.NEWS, Purpose.URGENT, Purpose.HONOUR) if talk.dossier.last_given_on else (Purpose.NEWS,)
    asked = talk.dossier.conversation.asked
    return next((p for p in wanted if p not in talk.dossier.consents and p.value not in asked), None)


def question(talk: Talk, purpose: Purpose, *more: Choice) -> Say:
    """The wording of one purpose with yes and no."""
    yes, no = ("remind-me", "no-reminder") if purpose is Purpose.REMINDER else ("agree", "no-thanks")
    channel = words(talk, f"channel.{talk.dossier.address.channel}")
    return say(
        talk, f"consent.{purpose.value}",
        choice(talk, yes, Agree(purpose, "yes")), choice(talk, no, Agree(purpose, "no")), *more,
        organiser=organiser(talk), channel=channel,
    )  # fmt: skip


def asked(conversation: Conversation, *purposes: Purpose) -> Conversation:
    """Remembered as asked: nobody is asked twice of our own accord."""
    new = tuple(p.value for p in purposes if p.value not in conversation.asked)
    return replace(conversation, asked=(*conversation.asked, *new)) if new else conversation


def listing(talk: Talk) -> Turn:
    """Each purpose with given or not, and a button to change it."""
    held = talk.dossier.consents
    lines = "\n".join(
        words(talk, "consents.given" if p in held else "consents.not-given", label=_name(talk, p)) for p in Purpose
    )
    return Turn(talk.dossier.conversation, (say(talk, "consents.list", *_changes(talk), *onward(talk), list=lines),))


def _changes(talk: Talk) -> tuple[Choice, ...]:
    held = talk.dossier.consents
    off = (choice(talk, "withdraw", Agree(p, "off"), label=_name(talk, p)) for p in Purpose if p in held)
    on = (choice(talk, "agree-to", Agree(p, "ask"), label=_name(talk, p)) for p in BY_CHOICE if p not in held)
    return (*off, *on)


def _name(talk: Talk, purpose: Purpose) -> str:
    return words(talk, f"consents.name.{purpose.value}")


def pressed(talk: Talk, press: Agree) -> Turn:
    """Ask for, take, leave or withdraw one consent outside the form."""
    if press.purpose is Purpose.REGISTRATION:
        return _registration(talk, press.answer)
    if press.answer == "off":
        return stop_one(talk, press.purpose)
    if talk.dossier.person is None:
        text_id = "reminder.register-first" if press.purpose is Purpose.REMINDER else "consents.register-first"
        return Turn(talk.dossier.conversation, (say(talk, text_id, to(talk, "register"), *onward(talk)),))
    conversation = asked(talk.dossier.conversation, press.purpose)
    match press.answer:
        case "ask":
            return Turn(conversation, (question(talk, press.purpose, *onward(talk)),))
        case "yes":
            return Turn(conversation, _given(talk, press.purpose))
    text_id = "reminder.off" if press.purpose is Purpose.REMINDER else "consents.left"
    return Turn(conversation, (say(talk, text_id, *menu_choices(talk)),))


def wanted(talk: Talk, purpose: Purpose) -> Turn:
    """Somebody asks for a kind of message in their own words: the question with its wording comes, never a silent yes."""
    if purpose in talk.dossier.consents:
        return Turn(talk.dossier.conversation, (say(talk, f"consents.on.{purpose.value}", *onward(talk)),))
    return pressed(talk, Agree(purpose, "ask"))


def _given(talk: Talk, purpose: Purpose) -> tuple[Effect, ...]:
    """What is held already is not recorded again."""
    answer = _thanked(talk, purpose)
    if purpose in talk.dossier.consents:
        return answer
    return (GiveConsent(ConsentGiven(purpose, talk.catalogue.words.wording(f"consent.{purpose.value}"))), *answer)


def _thanked(talk: Talk, purpose: Purpose) -> tuple[Effect, ...]:
    if purpose is Purpose.URGENT and not talk.dossier.knows_blood_group:
        return (blood_question(talk, "consents.ask-blood-group"),)
    if purpose is not Purpose.REMINDER:
        return (say(talk, f"consents.on.{purpose.value}", *onward(talk)),)
    if more := one_more(talk, after_a_donation(talk, talk.now), *onward(talk)):
        return (say(talk, "reminder.on"), *more)
    return (say(talk, "reminder.on", *onward(talk)),)


def stop_one(talk: Talk, purpose: Purpose) -> Turn:
    """One kind of message ends; the others stay as they are, and this one is not asked for again."""
    conversation = asked(talk.dossier.conversation, purpose)
    said = say(talk, f"consents.off.{purpose.value}", to(talk, "consents"), *onward(talk))
    if purpose not in talk.dossier.consents:
        return Turn(conversation, (said,))
    going = all_let_go(talk) if purpose is Purpose.REMINDER else ()
    return Turn(conversation, (*going, WithdrawConsent((purpose,)), said))


def open_question(conversation: Conversation) -> Purpose | None:
    """The purpose that was asked for last, while its yes still stands in the menu."""
    for offered in conversation.offered:
        if offered.payload.startswith("c.") and offered.payload.endswith(".yes"):
            named = offered.payload.split(".")[1]
            return Purpose(named) if named in BY_CHOICE else None
    return None


# --- the registration's own consent --------------------------------------------------------------------------------


def _registration(talk: Talk, answer: str) -> Turn:
    """It cannot be given here, and to withdraw it means to give the places back."""
    if answer == "yes" and Purpose.REGISTRATION in talk.dossier.consents:
        return _without_registration(talk)
    if answer != "off" or Purpose.REGISTRATION not in talk.dossier.consents:
        return listing(talk)
    booked = any(r.is_booked for r in talk.dossier.registrations)
    text_id, label = ("places", "give-back") if booked else ("none", "withdraw-it")
    said = say(
        talk, f"consents.registration-{text_id}",
        choice(talk, label, Agree(Purpose.REGISTRATION, "yes")), choice(talk, "erase", Go("erase")), *onward(talk),
    )  # fmt: skip
    return Turn(talk.dossier.conversation, (said,))


def _without_registration(talk: Talk) -> Turn:
    places = tuple(Cancel(r.id) for r in talk.dossier.registrations if r.is_booked)
    said = say(talk, "consents.off.registration", choice(talk, "erase", Go("erase")), *onward(talk))
    return Turn(talk.dossier.conversation, (*places, WithdrawConsent((Purpose.REGISTRATION,)), said))


# --- the blood group -----------------------------------------------------------------------------------------------


def blood_question(talk: Talk, text_id: str, letter: str = "") -> Say:
    """The eight groups and "not known"; only both signs where the letter is known. Nobody has to answer."""
    groups = [group for group in BLOOD_GROUPS if not letter or group[:-1] == letter]
    picks = (Choice(group, str(Blood(group))) for group in groups)
    return say(talk, text_id, *picks, choice(talk, "not-known", Blood("none")))


def typed_blood_group(talk: Talk, text: str) -> Turn | None:
    """Where the group is the open question; a sign alone counts when it is all that we asked for."""
    asked_for = [c.payload.removeprefix("b.") for c in talk.dossier.conversation.offered if c.payload.startswith("b.")]
    group = read_blood_group(text) if asked_for else ""
    if group in ("+", "-"):
        fitting = [one for one in asked_for if one.endswith(group)]
        group = fitting[0] if len(fitting) == 1 else ""
    return took_blood_group(talk, group) if group else None


def took_blood_group(talk: Talk, group: str) -> Turn | None:
    """Kept only for whoever agreed to appeals; else there is nothing to keep it for."""
    conversation = talk.dossier.conversation
    if Purpose.URGENT not in talk.dossier.consents or talk.dossier.person is None:
        return None
    if group == "none":
        return Turn(conversation, (say(talk, "consents.on.urgent", *onward(talk)),))
    if group not in BLOOD_GROUPS:
        return Turn(conversation, (blood_question(talk, "consents.blood-sign", group),))
    kept = say(talk, "consents.blood-kept", *onward(talk), label=group)
    return Turn(conversation, (KeepBloodGroup(group), kept))
