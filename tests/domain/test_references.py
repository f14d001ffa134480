"""Codes: every single slip is noticed, none is ever the volume of a donation, and what was meant is near."""

from itertools import islice

import pytest

from bot.domain.references import VOLUMES, Reference, References, code_of, number_of, numbers_after

NUMBERS = [*range(10, 400), 4711, 9999, 10_000, 123_456, 1_000_000]


@pytest.mark.parametrize("number", [10, 99, 100, 4711, 1_234_567])
def test_it_reads_what_it_wrote(number: int) -> None:
    assert code_of(number).startswith("HM")
    assert number_of(code_of(number)[2:]) == number


def test_it_notices_every_wrong_digit_and_every_exchange_of_neighbours() -> None:
    for number in NUMBERS:
        digits = code_of(number)[2:]
        for at, right in enumerate(digits):
            for wrong in "0123456789":
                if wrong != right:
                    assert number_of(digits[:at] + wrong + digits[at + 1 :]) is None
        for at in range(len(digits) - 1):
            exchanged = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
            assert exchanged == digits or number_of(exchanged) is None


@pytest.mark.parametrize("digits", ["", "1", "12", "012", "1234567890", "12a", "１０１", "-10"])
def test_it_takes_nothing_else_for_a_code(digits: str) -> None:
    assert number_of(digits) is None


def test_it_begins_with_three_digits_and_leaves_volumes_out() -> None:
    codes = [code_of(number) for number in islice(numbers_after(None), 200)]
    assert codes[:3] == ["HM101", "HM117", "HM125"]
    assert not {f"HM{volume}" for volume in VOLUMES} & set(codes)
    assert len(set(codes)) == 200
    assert next(numbers_after(44)) == 46


@pytest.mark.parametrize(
    "typed", ["100", "191", "110", "1101", "10", "1011", "011"], ids=lambda typed: f"instead of 101: {typed}"
)
def test_it_guesses_what_was_meant(typed: str) -> None:
    known = References({number: Reference(number, 1, 1) for number in (10, 4711)})
    assert [reference.code for reference in known.near(typed)] == ["HM101"]


def test_it_guesses_only_what_was_printed() -> None:
    assert list(References({}).near("100")) == []
    assert list(References({10: Reference(10, 1, 1)}).near("9" * 30)) == []


def test_it_finds_a_code_by_its_digits() -> None:
    known = References({10: Reference(10, 1, 2)})
    assert known.find("101") == Reference(10, 1, 2)
    assert known.find("102") is None
    assert known.find("117") is None
