"""The season of the year: which campaign is on today, or comes next."""

from bot.dialog.saying import with_text, words
from bot.dialog.talk import Talk
from bot.dialog.turns import Say
from bot.dialog.wording import local_day
from bot.domain.campaigns import coming, on

TOPIC = "topic.seasons"
"""The answer about the year's campaigns; the season stands under it."""


def season(talk: Talk) -> str:
    """What is on today, else what comes next; "" without campaigns. For a greeting as for an answer."""
    today = local_day(talk.now, talk.catalogue.zone)
    if now := on(talk.catalogue.campaigns, today):
        return words(talk, "season.on", list=", ".join(_title(talk, one.campaign_id) for one in now))
    soon = coming(talk.catalogue.campaigns, today)[:1]
    return words(talk, "season.next", list=_title(talk, soon[0].campaign_id)) if soon else ""


def with_season(talk: Talk, said: Say) -> Say:
    """The answer about the year, with what is on under it."""
    line = season(talk) if said.about == TOPIC else ""
    return with_text(said, f"{said.message.text}\n\n{line}", said.about) if line else said


def _title(talk: Talk, campaign_id: str) -> str:
    return words(talk, f"{campaign_id}.title")
