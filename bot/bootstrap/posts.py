"""Where a public post leads: to the chat of the account that posts it, as the posters do."""

from collections.abc import Callable

from bot.bootstrap.rooms import Rooms


def post_link(rooms: Rooms) -> Callable[[int, str], str]:
    """Account and code → the link; "" where the account's address is not known."""

    def link(account_id: int, code: str) -> str:
        from bot.reports.poster_doors import doors_of

        account = rooms.channels.account(account_id)
        doors = doors_of([account], rooms.settings) if account is not None and code else ()
        return doors[0].to(code) if doors else ""

    return link
