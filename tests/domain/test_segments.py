"""Segment expressions: what they mean, that they come back as they went in, and that nothing typed breaks them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.segments import (
    All,
    And,
    DonatedAfter,
    DonatedBefore,
    EligibleOn,
    Fault,
    NeverDonated,
    Not,
    OfUnit,
    OnChannel,
    Or,
    ReachableByTemplate,
    ReachableNow,
    RegisteredFor,
    Segment,
    SegmentFault,
    Speaks,
    Tagged,
    parse,
)
from bot.domain.updates import ChannelKind

CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
TERMS = st.one_of(
    st.sampled_from((All(), NeverDonated(), ReachableNow(), ReachableByTemplate())),
    st.builds(OfUnit, CODES),
    st.builds(RegisteredFor, CODES),
    st.builds(OnChannel, st.sampled_from(ChannelKind)),
    st.builds(EligibleOn, DAYS),
    st.builds(DonatedBefore, DAYS),
    st.builds(DonatedAfter, DAYS),
    st.builds(Speaks, st.sampled_from(("vi", "en"))),
    st.builds(Tagged, st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)),
)
SEGMENTS: st.SearchStrategy[Segment] = st.recursive(
    TERMS,
    lambda inside: st.one_of(
        st.builds(Not, inside),
        st.builds(And, st.lists(inside, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inside, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
DAY = date(2026, 12, 5)


@pytest.mark.parametrize(
    ("expression", "segment"),
    [
        ("all", All()),
        ("ALL", All()),
        ("unit:CDCS-Che", OfUnit("CDCS-Che")),
        ("Channel:Zalo", OnChannel(ChannelKind.ZALO)),
        ("eligible:2026-12-05 not registered:lc-1", And((EligibleOn(DAY), Not(RegisteredFor("lc-1"))))),
        ("tag:a or tag:b language:vi", Or((Tagged("a"), And((Tagged("b"), Speaks("vi")))))),
        ("(tag:a or tag:b) language:vi", And((Or((Tagged("a"), Tagged("b"))), Speaks("vi")))),
        ("tag:a and tag:b", And((Tagged("a"), Tagged("b")))),
        ("tag:a và không (tag:b hoặc tag:c)", And((Tagged("a"), Not(Or((Tagged("b"), Tagged("c"))))))),
        ("donated:never", NeverDonated()),
        ("donated-after:2026-12-05", DonatedAfter(DAY)),
        ("not not all", Not(Not(All()))),
        ("((all))", All()),
    ],
)
def test_an_expression_means(expression: str, segment: Segment) -> None:
    assert parse(expression) == segment


@pytest.mark.parametrize(
    ("expression", "fault", "what", "at"),
    [
        ("", Fault.EMPTY, "", 0),
        ("   ", Fault.EMPTY, "", 0),
        ("x" * 501, Fault.TOO_LONG, "501", 500),
        ("everybody", Fault.UNKNOWN_WORD, "everybody", 0),
        ("all blood:A", Fault.UNKNOWN_WORD, "blood:A", 4),
        ("unit:", Fault.NO_VALUE, "unit:", 0),
        ("unit", Fault.NO_VALUE, "unit", 0),
        ("unit:a/b", Fault.BAD_CODE, "a/b", 0),
        ("eligible:5/12/2026", Fault.BAD_DATE, "5/12/2026", 0),
        ("eligible:2026-02-30", Fault.BAD_DATE, "2026-02-30", 0),
        ("donated:often", Fault.BAD_DATE, "often", 0),
        ("all channel:viber", Fault.BAD_CHANNEL, "viber", 4),
        ("language:fr", Fault.BAD_LANGUAGE, "fr", 0),
        ("tag:Hiến", Fault.BAD_TAG, "hiến", 0),
        ("reachable:later", Fault.BAD_REACH, "later", 0),
        ("(all", Fault.NOT_CLOSED, "(", 0),
        ("all)", Fault.NOT_OPENED, ")", 3),
        ("()", Fault.NOTHING_THERE, ")", 1),
        ("all or", Fault.NOTHING_THERE, "", 6),
        ("or all", Fault.NOTHING_THERE, "or", 0),
        ("not", Fault.NOTHING_THERE, "", 3),
        ("not " * 20 + "all", Fault.TOO_DEEP, "all", 80),
        ("(" * 200, Fault.TOO_DEEP, "(", 20),
    ],
)
def test_a_faulty_one_says_what_and_where(expression: str, fault: Fault, what: str, at: int) -> None:
    with pytest.raises(SegmentFault) as caught:
        parse(expression)
    assert (caught.value.word, caught.value.what, caught.value.at) == (fault, what, at)


@given(SEGMENTS)
def test_its_canonical_form_reads_as_the_same(segment: Segment) -> None:
    assert parse(str(segment)) == segment


@given(st.text(alphabet="()or nt:al-0129 unitdgcbeđv", max_size=60) | st.text(max_size=600))
def test_whatever_is_typed_is_read_or_refused(expression: str) -> None:
    try:
        segment = parse(expression)
    except SegmentFault:
        return
    assert parse(str(segment)) == segment
