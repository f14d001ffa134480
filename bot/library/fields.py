"""Fields that several kinds of content files share: words by language, days, lists of text, review, term."""

from datetime import date
from typing import Any

from bot.library.findings import Finding
from bot.library.lines import Place, Source
from bot.library.schema import LANGUAGES, Content, Review, Text


def keep(content: Content, source: Source, text: Text) -> None:
    """A text under its id; the second one of an id is a fault, one without Vietnamese cannot be said."""
    first = content.texts.get(text.id)
    if first is not None:
        source.findings.append(
            Finding(source.path, text.line, "error", f"{text.id} stands already in {first.path}:{first.line}")
        )
    elif text.words.get(LANGUAGES[0]):
        content.texts[text.id] = text


def words(source: Source, place: Place) -> dict[str, str]:
    """The languages of one text; a missing first language is an error, another one a warning."""
    by_language: dict[str, Any] = source.want(dict, *place, default={})
    for language in by_language:
        if language not in LANGUAGES:
            source.note(f"{language} is not one of the languages {', '.join(LANGUAGES)}", *place, language)
    found = {language: _tidy(source.want(str, *place, language, default="")) for language in LANGUAGES}
    for language in (language for language in LANGUAGES if not found[language]):
        level: Any = "error" if language == LANGUAGES[0] else "warning"
        source.note(f"{'.'.join(map(str, place))} has no {language}", *place, level=level)
    return {language: text for language, text in found.items() if text}


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def strings(source: Source, *place: str) -> list[str]:
    values = source.want(list, *place, default=[])
    for i, value in enumerate(values):
        if not isinstance(value, str):
            source.note(f"{value!r} should be text: put it in quotes", *place, i)
    return [value for value in values if isinstance(value, str)]


def day(source: Source, *place: str | int) -> date | None:
    """A day that must be there."""
    found: date | None = source.want(date, *place)
    if found is None:
        source.note(f"{'.'.join(map(str, place))} is missing: write a date such as 2026-11-22", *place)
    return found


def term(source: Source, *place: str | int) -> tuple[date | None, date | None]:
    """`from` and `until`, the first day on which it no longer holds; each may be open."""
    since, until = source.want(date, *place, "from"), source.want(date, *place, "until")
    if since and until and until <= since:
        source.note("until is the first day on which it no longer holds: it comes after from", *place, "until")
    return since, until


def claims(source: Source, *place: str | int) -> dict[str, str]:
    """Which source stands under which of the sentences: key of sources.yaml → what it says."""
    found = source.want(dict, *place, "source", default={})
    for key, says in found.items():
        if not isinstance(says, str) or not says.strip():
            source.note(f"source.{key} should say which sentence rests on it", *place, "source", key)
    return {str(key): str(says) for key, says in found.items()}


def known_keys(source: Source, known: frozenset[str], what: str, *place: str | int) -> None:
    """A field that nobody reads is a fault: it is usually a slip of the pen."""
    for key in source.want(dict, *place, default={}) if place else source.values:
        if key not in known:
            source.note(f"{key} is not a field of {what}", *place, key)


def review(source: Source, *place: str | int) -> Review:
    """Who read it last, when, and until when that holds."""
    by_role = source.want(str, *place, "reviewed", "by_role", default="")
    if by_role not in Review.ROLES:
        source.note(f"reviewed.by_role is one of {', '.join(Review.ROLES)}", *place, "reviewed", "by_role")
    return Review(by_role, day(source, *place, "reviewed", "on"), day(source, *place, "review_by"))
