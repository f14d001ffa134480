"""Each state of a registration has its words wherever people read states."""

import pytest

from bot.domain.registrations import RegistrationState
from tests.intake.conftest import library


@pytest.mark.parametrize("state", list(RegistrationState))
@pytest.mark.parametrize("page", ["page.console.registration", "page.me.state"])
def test_it_has_words(page: str, state: RegistrationState) -> None:
    assert library().has(f"{page}.{state.value}")
