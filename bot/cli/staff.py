"""`giothong staff`: shuts an account of the console out, and lets it in again."""

from argparse import Namespace

from bot import clock
from bot.cli import place
from bot.storage.staff import set_disabled


def disable(args: Namespace) -> int:
    """Links and open sessions of this login stop working at once."""
    return _set(args, disabled=True)


def enable(args: Namespace) -> int:
    """The login may have new links again."""
    return _set(args, disabled=False)


def _set(args: Namespace, *, disabled: bool) -> int:
    settings = place.settings_here()
    who = place.system_user()
    with place.database(settings) as db:
        db.write_now(lambda connection: set_disabled(connection, args.login, clock.now(), who, disabled=disabled))
    print(f"{args.login} is shut out." if disabled else f"{args.login} may come in: giothong login-link.")
    return 0
