"""Reads content/campaigns/, content/safety/ and sources.yaml: what belongs to a day, and where claims come from."""

from datetime import date

from bot.domain.campaigns import Campaign
from bot.library.fields import claims, day, keep, known_keys, review, term, words
from bot.library.lines import Source
from bot.library.platforms import CONFIDENCE, Fact
from bot.library.schema import Content, Evidence, SafetyNote, Text

SAFETY = "safety.covid"
_CAMPAIGN = frozenset(("id", "title", "text", "yearly", "announced", "image", "source", "reviewed", "review_by"))
_NOTE = frozenset(("from", "until", "text", "source", "reviewed", "review_by"))
_EVIDENCE = frozenset(("name", "address", "confidence", "checked_on"))


def take_campaign(content: Content, source: Source) -> None:
    """One campaign with its words, image, and the days on which it is on."""
    known_keys(source, _CAMPAIGN, "a campaign")
    campaign_id = source.want(str, "id", default="")
    if not campaign_id:
        source.note("id is missing")
        return
    if not claims(source):
        source.note("a campaign needs its source", "id")
    review(source)
    keep(content, source, Text(campaign_id, words(source, ("text",)), 1, source.path, source.line(("id",))))
    keep(
        content,
        source,
        Text(f"{campaign_id}.title", words(source, ("title",)), 1, source.path, source.line(("title",))),
    )
    content.campaigns.append(
        Campaign(
            id=campaign_id,
            first=_of_year(source, "first"),
            last=_of_year(source, "last"),
            fixed=bool(source.want(bool, "yearly", "fixed", default=False)),
            announced=_announced(source),
            image=source.want(str, "image", default=""),
        )
    )


def _of_year(source: Source, which: str) -> tuple[int, int]:
    """`06-14`: a day of every year."""
    said = source.want(str, "yearly", which, default="")
    try:
        found = date.fromisoformat(f"2023-{said}")  # no leap year: a campaign that begins on 29 February has few years
    except ValueError:
        source.note(f'yearly.{which} should be month and day, such as "06-14"', "yearly", which)
        return (1, 1)
    return (found.month, found.day)


def _announced(source: Source) -> dict[int, tuple[date, date]]:
    """The days of single years."""
    found = {}
    for i in range(len(source.want(list, "announced", default=[]))):
        starts, ends = (source.want(date, "announced", i, key) for key in ("starts", "ends"))
        if starts is None or ends is None or ends < starts:
            source.note("an announced year needs starts and ends, in this order", "announced", i)
        else:
            found[starts.year] = (starts, ends)
    return found


def take_safety(content: Content, source: Source) -> None:
    """The notes that go with a drive, each for the drives of its own days."""
    known_keys(source, frozenset(("notes", "unsure")), "a safety file")
    keep(
        content, source, Text(f"{SAFETY}.unsure", words(source, ("unsure",)), 1, source.path, source.line(("unsure",)))
    )
    for i in range(len(source.want(list, "notes", default=[]))):
        known_keys(source, _NOTE, "a note", "notes", i)
        since, until = term(source, "notes", i)
        if since is None:
            source.note("a note needs the day from which it holds (from)", "notes", i)
            continue
        found = SafetyNote(f"{SAFETY}.{since}", since, until, claims(source, "notes", i), review(source, "notes", i))
        if not found.source:
            source.note("a note needs its source", "notes", i)
        if any(other.until is None or other.until > since for other in content.safety):
            source.note("this note begins before the one above it ends: give that one until", "notes", i, "from")
        content.safety.append(found)
        keep(
            content,
            source,
            Text(found.id, words(source, ("notes", i, "text")), 1, source.path, source.line(("notes", i))),
        )


def take_sources(content: Content, source: Source) -> None:
    """Every source once: its name, where it can be read, how sure we are, the day somebody last looked."""
    for key in source.want(dict, "sources", default={}):
        known_keys(source, _EVIDENCE, "a source", "sources", key)
        name, address, confidence = (
            source.want(str, "sources", key, field, default="") for field in ("name", "address", "confidence")
        )
        if not name or not address:
            source.note("a source needs its name and where it can be read (address)", "sources", key)
        if confidence not in CONFIDENCE:
            source.note(f"confidence is one of {', '.join(CONFIDENCE)}", "sources", key, "confidence")
        checked_on = day(source, "sources", key, "checked_on")
        if checked_on is not None:
            content.evidence[key] = Evidence(key, name, address, confidence, checked_on)
            content.facts.append(Fact(source.path, source.line(("sources", key)), f"source {key}", checked_on))
