"""Who calls, and how often; how figures are written; how a log names an exception."""

import pytest

from bot.web.delivery import where
from bot.web.metrics import family
from bot.web.origin import KEPT_AT_MOST, Pace, forwarded_for


def test_it_lets_a_burst_through_and_then_the_pace() -> None:
    pace = Pace(burst=3, per_second=0)
    assert [pace.allows("one") for _ in range(4)] == [True, True, True, False]
    assert pace.allows("another")


def test_it_forgets_whom_it_has_not_seen_for_longest() -> None:
    pace = Pace(burst=1, per_second=0)
    assert pace.allows("first")
    for number in range(KEPT_AT_MOST):
        pace.allows(str(number))
    assert pace.allows("first")


@pytest.mark.parametrize(
    ("peer", "header", "expected"),
    [
        pytest.param("203.0.113.9", "198.51.100.1", "203.0.113.9", id="believes no stranger"),
        pytest.param("10.0.0.1", "198.51.100.1", "198.51.100.1", id="believes its proxy"),
        pytest.param("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1", id="passes over its own proxies"),
        pytest.param("10.0.0.1", "", "10.0.0.1", id="takes the proxy where it says nothing"),
        pytest.param("10.0.0.1", "nonsense", "nonsense", id="ends at what is no address"),
        pytest.param("", "198.51.100.1", "", id="a socket without an address"),
    ],
)
def test_it_finds_the_caller(peer: str, header: str, expected: str) -> None:
    assert forwarded_for(peer, header, ("10.0.0.0/24", "not a network")) == expected


def test_it_writes_what_prometheus_reads() -> None:
    text = family("x_total", "counter", "Words.", [({"of": 'a"b\\c\nd'}, 3), ({}, 0.25)])
    assert text == '# HELP x_total Words.\n# TYPE x_total counter\nx_total{of="a\\"b\\\\c\\nd"} 3\nx_total 0.25\n'


def test_it_names_a_fault_by_place_and_never_by_its_words() -> None:
    try:
        int("Lò Thị Thử 0912345678")
    except ValueError as error:
        told = where(error)
    assert told.startswith("ValueError at test_origin.py:")
    assert "Lò" not in told
