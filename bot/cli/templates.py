"""`giothong channels templates`: hands our words in for approval, and shows what became of those handed in before."""

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence

from bot.bootstrap import Rooms, open_rooms
from bot.channels.base import Account, SendError
from bot.channels.messenger import Messenger
from bot.channels.messenger_templates import TemplateTold, numbered
from bot.cli import place
from bot.cli.failing import wrong_usage
from bot.cli.running import run
from bot.domain.templates import Form
from bot.domain.updates import ChannelKind
from bot.settings import Settings
from bot.storage.submitted_templates import APPROVED, Submitted, keep_submitted

MISSING = "missing"
WORST_FIRST = (MISSING, "disabled", "pending", APPROVED)
Asked = tuple[Form, str]
"""A form in one language."""


def hand_in(args: Namespace) -> int:
    """Submit what each page lacks (unless `--look`) and keep what Meta says; 1 if one was refused or could not be asked."""
    settings = place.settings_here()
    place.refuse_missing(settings)
    return run(_hand_in(settings, look=args.look))


async def _hand_in(settings: Settings, *, look: bool) -> int:
    async with open_rooms(settings) as rooms:
        messenger = rooms.channels.messenger
        if messenger is None:
            raise wrong_usage(
                "there is no Facebook page in the settings; Zalo's templates are handed in on its own page"
            )
        asked = list(_asked(rooms))
        found = [await _of_page(messenger, account, asked, look=look) for account in messenger.accounts]
        worst = _worst(asked, [page for page in found if page is not None])
        await rooms.db.write(lambda connection: keep_submitted(connection, worst))
    refused = any(told.status == "disabled" for page in found if page is not None for told in page.values())
    return 1 if refused or None in found else 0


def _asked(rooms: Rooms) -> Iterator[Asked]:
    for form in rooms.library.forms.values():
        if form.channel is ChannelKind.MESSENGER:
            yield from ((form, language) for language in form.words)


async def _of_page(
    messenger: Messenger, account: Account, asked: Sequence[Asked], *, look: bool
) -> Mapping[Asked, TemplateTold] | None:
    """What the page has of each form, a line printed for each; None when it cannot be asked."""
    try:
        known = await _known(messenger, account)
        missing = [] if look else [(form, language) for form, language in asked if _name(form, language) not in known]
        for form, language in missing:
            known[_name(form, language)] = await messenger.submit_template(account, form, language)
        if missing:  # only the list says why one was refused at once
            known |= await _known(messenger, account)
    except SendError as error:
        print(f"{account.code}: PROBLEM: {error}" + (f" ({error.code})" if error.code else ""))
        return None
    found = {one: known.get(_name(*one), TemplateTold(*_name(*one), MISSING)) for one in asked}
    for (form, _language), told in found.items():
        print(f"{account.code}: {_line(form, told)}")
    return found


async def _known(messenger: Messenger, account: Account) -> dict[tuple[str, str], TemplateTold]:
    return {(told.name, told.language): told for told in await messenger.templates(account)}


def _name(form: Form, language: str) -> tuple[str, str]:
    return form.platform_name, language


def _line(form: Form, told: TemplateTold) -> str:
    head = f"{told.name} ({told.language}): {told.status}"
    if told.reason:
        return f"{head}, refused as {told.reason}: mend content/templates/{form.name}.yaml and raise its version"
    if told.body and told.body != numbered(form, told.language):
        return f"{head} with other words than content/templates/{form.name}.yaml has now: raise its version"
    return head


def _worst(asked: Sequence[Asked], pages: Sequence[Mapping[Asked, TemplateTold]]) -> list[Submitted]:
    """A template is usable when every page has it; what no page knows yet is not kept."""
    kept = []
    for form, language in asked:
        states = {page[form, language].status for page in pages}
        status = next((word for word in WORST_FIRST if word in states), MISSING)
        if status != MISSING:
            places = form.places_in(language)
            kept.append(Submitted(form.name, ChannelKind.MESSENGER, language, form.platform_name, places, status))
    return kept
