"""A page and our app: the events it sends us, its profile, and whether both still stand."""

from bot.channels.base import Account, Health, Rejected
from bot.channels.messenger_events import GET_STARTED, TEMPLATE_FIELDS
from bot.channels.messenger_graph import Graph
from bot.channels.messenger_profile import Profile, profile_body
from bot.channels.wire import identifier, items, mapping, text

NEEDED = ("messages", "messaging_postbacks", "messaging_referrals", "message_echoes")
FIELDS = (
    *NEEDED,
    "message_deliveries",
    "message_reads",
    "message_edits",
    "messaging_handovers",
    "standby",
    "messaging_policy_enforcement",
)
COMMENTS = "feed"
"""Comments under our posts, kept by their ids (`storage/comments.py`); all else that Meta sends under this name is dropped unread."""
WANTED = (*((*FIELDS, COMMENTS, status) for status in reversed(TEMPLATE_FIELDS)), (*FIELDS, COMMENTS), FIELDS)
"""Sets of fields from the fullest: Meta's pages disagree about the name of the template status, and one field it does not
take makes it refuse all."""

PROFILE = "me/messenger_profile"


async def set_up(graph: Graph, account: Account, languages: tuple[Profile, ...]) -> tuple[str, ...]:
    """Subscribe the app to the page, set its profile, take ice breakers away. Returns what Meta did not take.

    Raises:
        SendError: Meta refuses the page's token, or even the fields without which nothing works.
    """
    fields = await _subscribe(graph, account)
    await graph.call(account, "POST", PROFILE, json=profile_body(languages))
    await graph.call(account, "DELETE", PROFILE, json={"fields": ["ice_breakers"]})
    missing = [COMMENTS] if COMMENTS not in fields else []
    return (*missing, *(TEMPLATE_FIELDS[:1] if not set(TEMPLATE_FIELDS) & set(fields) else ()))


async def _subscribe(graph: Graph, account: Account) -> tuple[str, ...]:
    """The fullest set that Meta takes."""
    for fields in WANTED:
        try:
            body = {"subscribed_fields": ",".join(fields)}
            await graph.call(account, "POST", f"{account.external_id}/subscribed_apps", json=body)
        except Rejected:
            if fields == FIELDS:
                raise
            continue
        return fields
    raise AssertionError("the last set is the smallest one")


async def health_of(graph: Graph, account: Account) -> Health:
    """The page from outside: whose token, which fields, what stands before its talk."""
    me = (await graph.call(account, "GET", "me", params={"fields": "id,name"})).json()
    subscribed = (await graph.call(account, "GET", f"{account.external_id}/subscribed_apps")).json()
    told = (await graph.call(account, "GET", PROFILE, params={"fields": "get_started,ice_breakers"})).json()
    profile = {name for row in items(told.get("data")) for name, value in mapping(row).items() if value}
    apps = [mapping(app) for app in items(subscribed.get("data"))]
    our_app = account.secrets.get("app_id", "")
    ours = [app for app in apps if not our_app or identifier(app.get("id")) == our_app]
    fields = {field for app in ours for field in items(app.get("subscribed_fields")) if isinstance(field, str)}
    facts = {"page": text(me.get("name"), 100), "fields": ", ".join(sorted(fields))}
    owns_page = identifier(me.get("id")) == account.external_id
    problem = _problem(fields, profile) if owns_page else "the token belongs to another page"
    return Health(not problem, facts, problem)


def _problem(fields: set[str], profile: set[str]) -> str:
    if missing := [field for field in NEEDED if field not in fields]:
        return f"the page does not send {', '.join(missing)} to the app: run giothong channels set-webhook"
    if "get_started" not in profile:
        return f"the page has no Get Started button ({GET_STARTED}): run giothong channels set-webhook"
    if "ice_breakers" in profile:
        return "ice breakers hide the Get Started button, and with it the posters' codes: run giothong channels set-webhook"
    return ""
