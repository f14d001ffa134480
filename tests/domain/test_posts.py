"""Public posts: where a call's end leads, what is wrong with a draft, and which step may be taken when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.posts import (
    ALLOWED,
    CAPTION,
    LATEST,
    LONGEST,
    Aim,
    Ending,
    Fate,
    Next,
    PostDraft,
    PostFault,
    PostKind,
    PostRefused,
    PostState,
    PostStep,
    Stage,
    after,
    check_post_step,
    faults_of,
    is_channel,
)

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PAGE = PostDraft(1, 2, PostKind.PAGE, "Mời anh chị em cùng hiến máu.")
CHANNEL = replace(PAGE, kind=PostKind.CHANNEL, aim=Aim(channel="@congdoanmau"))
ARTICLE = replace(PAGE, kind=PostKind.ARTICLE, title="Ngày hội", image_id=3)


@pytest.mark.parametrize(
    ("stage", "ending", "followers", "expected"),
    [
        pytest.param(Stage.PUBLISH, Ending(Fate.DONE, "7"), False, Next(PostState.POSTED), id="it stands there"),
        pytest.param(
            Stage.PUBLISH,
            Ending(Fate.DONE, step_id="t", wait=MINUTE),
            False,
            Next(PostState.CHECKING, look_at=NOW + MINUTE),
            id="Zalo is at work",
        ),
        pytest.param(Stage.CHECK, Ending(Fate.DONE, "7"), False, Next(PostState.POSTED), id="the article is made"),
        pytest.param(Stage.CHECK, Ending(Fate.DONE, "7"), True, Next(PostState.APPROVED), id="now to the followers"),
        pytest.param(
            Stage.TO_FOLLOWERS, Ending(Fate.DONE, "9"), True, Next(PostState.POSTED, "in-review"), id="they get it"
        ),
        pytest.param(
            Stage.PUBLISH,
            Ending(Fate.WAIT, reason="waits:32", wait=MINUTE),
            False,
            Next(PostState.APPROVED, "waits:32", NOW + MINUTE),
            id="certainly not there: again",
        ),
        pytest.param(
            Stage.PUBLISH,
            Ending(Fate.LOST, reason="no-answer"),
            False,
            Next(PostState.UNKNOWN, "no-answer"),
            id="never again by itself",
        ),
        pytest.param(
            Stage.TO_FOLLOWERS,
            Ending(Fate.FAILED, reason="quota:-218"),
            True,
            Next(PostState.FAILED, "quota:-218"),
            id="refused is refused",
        ),
    ],
)
def test_where_a_call_leads(stage: Stage, ending: Ending, followers: bool, expected: Next) -> None:
    assert after(stage, ending, followers=followers, now=NOW, since=NOW) == expected


@pytest.mark.parametrize(("hours", "state"), [(11, PostState.CHECKING), (13, PostState.UNKNOWN)])
def test_an_article_that_is_never_made_is_given_to_staff(hours: int, state: PostState) -> None:
    ending, since = Ending(Fate.WAIT, wait=MINUTE), NOW - timedelta(hours=hours)
    assert after(Stage.CHECK, ending, followers=False, now=NOW, since=since).state is state
    assert timedelta(hours=11) < LATEST < timedelta(hours=13)


@pytest.mark.parametrize(
    ("draft", "whole", "expected"),
    [
        pytest.param(PAGE, "x", (), id="a page"),
        pytest.param(CHANNEL, "x" * LONGEST[PostKind.CHANNEL], (), id="a channel"),
        pytest.param(ARTICLE, "x", (), id="an article"),
        pytest.param(replace(PAGE, words=" \n"), "x", (PostFault.NO_WORDS,), id="no words"),
        pytest.param(PAGE, "x" * 5001, (PostFault.TOO_LONG,), id="a long one"),
        pytest.param(replace(CHANNEL, image_id=3), "x" * (CAPTION + 1), (PostFault.TOO_LONG,), id="a long caption"),
        pytest.param(CHANNEL, "👉" * 2049, (PostFault.TOO_LONG,), id="signs that count twice"),
        pytest.param(replace(CHANNEL, aim=Aim()), "x", (PostFault.NO_CHANNEL,), id="no channel"),
        pytest.param(replace(ARTICLE, title=""), "x", (PostFault.NO_TITLE,), id="no title"),
        pytest.param(replace(ARTICLE, title="x" * 151), "x", (PostFault.NO_TITLE,), id="a long title"),
        pytest.param(replace(ARTICLE, image_id=None), "x", (PostFault.NO_COVER,), id="no cover"),
    ],
)
def test_what_is_wrong_with_a_draft(draft: PostDraft, whole: str, expected: tuple[PostFault, ...]) -> None:
    assert faults_of(draft, whole, fetchable=True) == expected


def test_a_picture_that_nobody_could_fetch_is_told() -> None:
    assert faults_of(ARTICLE, "x", fetchable=False) == (PostFault.NO_HTTPS,)
    assert faults_of(PAGE, "x", fetchable=False) == ()


@pytest.mark.parametrize("name", ["", "congdoan", "@cd", "@công", "12345", "-1001", "@a" * 40, "@x; drop"])
def test_what_is_no_channel(name: str) -> None:
    assert not is_channel(name)


@pytest.mark.parametrize("step", list(PostStep))
def test_a_step_is_taken_from_its_states_alone(step: PostStep) -> None:
    for state in PostState:
        if state in ALLOWED[step]:
            check_post_step(state, step, stands=False)
        else:
            with pytest.raises(PostRefused):
                check_post_step(state, step, stands=False)


@pytest.mark.parametrize("step", [PostStep.CHANGE, PostStep.RETURN])
def test_what_stands_in_public_is_not_changed_behind_its_readers(step: PostStep) -> None:
    with pytest.raises(PostRefused):
        check_post_step(PostState.APPROVED, step, stands=True)


@given(
    st.builds(
        Aim,
        channel=st.sampled_from(["", "@congdoanmau"]),
        followers=st.booleans(),
        gender=st.integers(0, 2),
        ages=st.lists(st.integers(2, 7), unique=True).map(tuple),
    )
)
def test_an_aim_comes_back_from_its_row(aim: Aim) -> None:
    assert Aim.from_json(aim.to_json()) == aim
    assert Aim.from_json("") == Aim()
