"""One more way to somebody, asked for while a door is open: at most once a month, never in mid-form."""

from datetime import datetime, timedelta

from bot.dialog.open_form import where_we_are
from bot.dialog.saying import say, with_link, words
from bot.dialog.talk import Outlook, Talk
from bot.dialog.turns import AskRoute, Effect, JoinPerson, Turn
from bot.dialog.wording import long_day
from bot.domain.changing import replace
from bot.domain.messages import Choice
from bot.domain.reach import Home, PersonRoutes, reach_of
from bot.domain.reminders import NEXT_DONATION, next_reminder, plan_for_registration
from bot.domain.schedule import NO_SCHEDULE, Reminder, Schedule
from bot.domain.updates import ChannelKind

ASK_AGAIN = timedelta(days=30)
JOINING = "r_"
"""A start parameter that begins so joins this chat to somebody who is known elsewhere."""

Expected = tuple[Reminder, datetime]


def before_a_drive(talk: Talk, slot_starts_at: datetime) -> tuple[Expected, ...]:
    """What a registration made now will make us write."""
    outlook = talk.catalogue.outlook
    if outlook is None:
        return ()
    planned = plan_for_registration(slot_starts_at, talk.now, _schedule(talk), outlook.quiet)
    return tuple((one.reminder, one.due_at) for one in planned)


def after_a_donation(talk: Talk, given_on: datetime) -> tuple[Expected, ...]:
    """When somebody who gives then may usually give again; the day in the rows counts where there is one."""
    outlook = talk.catalogue.outlook
    if outlook is None:
        return ()
    schedule = _schedule(talk)
    due = next_reminder(given_on, talk.dossier.next_on, outlook.intervals, schedule, outlook.quiet)
    reminder = schedule.get(NEXT_DONATION)
    return () if reminder is None or due is None else ((reminder, due),)


def _schedule(talk: Talk) -> Schedule:
    return talk.catalogue.ways.schedule if talk.catalogue.ways else NO_SCHEDULE


def one_more(talk: Talk, expected: tuple[Expected, ...], *menu: Choice) -> tuple[Effect, ...]:
    """The question with its link above the menu, when one of these messages would have no way to the person; else nothing."""
    outlook, address = talk.catalogue.outlook, talk.dossier.address
    if outlook is None or address.channel is ChannelKind.TELEGRAM or talk.dossier.elsewhere or _asked_lately(talk):
        return ()
    shut = [at for reminder, at in expected if not _reaches(talk, outlook, reminder, at)]
    link = outlook.link(address, talk.now) if shut else ""
    if not link:
        return ()
    language = talk.dossier.conversation.language
    said = say(talk, "route.ask", *menu, day=long_day(min(shut), talk.catalogue.zone, language))
    return (AskRoute(), with_link(said, words(talk, "label.open-telegram"), link))


def _asked_lately(talk: Talk) -> bool:
    asked = talk.dossier.asked_route_at
    return asked is not None and talk.now - asked < ASK_AGAIN


def _reaches(talk: Talk, outlook: Outlook, reminder: Reminder, at: datetime) -> bool:
    """As the due sweep will judge it, should the person not write until then."""
    address, ways = talk.dossier.address, talk.catalogue.ways
    home = Home(address.id, address.account_id, address.channel, talk.now)
    person = PersonRoutes((home,), True, address.account_id if outlook.has_oa else None)
    templates = ways.templates.get(reminder.template, ()) if ways else ()
    platforms = ways.platforms if ways else {}
    return bool(reach_of(person, reminder.purpose, at, platforms, templates).routes)


def joining(talk: Talk, ref: str) -> Turn | None:
    """Somebody came by such a link: from now on we can write to them here too."""
    outlook = talk.catalogue.outlook
    if outlook is None or not ref.startswith(JOINING):
        return None
    origin = outlook.origin(ref.removeprefix(JOINING), talk.now)
    if origin is None or origin == talk.dossier.address.id:
        return no_good(talk)
    if talk.dossier.person is not None:
        return where_we_are(talk, say(talk, "route.known"))
    turn = where_we_are(talk, say(talk, "route.joined"))
    return replace(turn, effects=(JoinPerson(origin, ref), *turn.effects))


def no_good(talk: Talk) -> Turn:
    """Used, too old, or not ours: nothing is said about whose it was."""
    return where_we_are(talk, say(talk, "route.no-good"))
