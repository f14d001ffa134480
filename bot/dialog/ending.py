"""What every turn ends with: the introduction to somebody new, and the memory of what was offered."""

from bot.dialog.crowd import with_page
from bot.dialog.saying import with_text, words
from bot.dialog.talk import Talk
from bot.dialog.turns import Effect, Say, Turn
from bot.domain.changing import replace
from bot.domain.messages import Choice

INTRODUCED = ("greeting.", "urgent.", "stop.", "erase.", "consents.off.")
"""Texts that say who speaks themselves, or that nothing may stand before."""


def finish(talk: Talk, turn: Turn) -> Turn:
    """The turn as it is committed; a silent turn stays as it is."""
    if talk.catalogue.waits:
        turn = with_page(talk, turn)
    says = [effect for effect in turn.effects if isinstance(effect, Say)]
    if not says:
        return turn
    offered: tuple[Choice, ...] = ()
    for said in says:
        offered = said.message.choices or offered
    conversation = replace(turn.conversation, offered=offered, greeted=True)
    effects = turn.effects if turn.conversation.greeted else _introduced(talk, turn, says[0])
    return replace(turn, conversation=conversation, effects=effects)


def _introduced(talk: Talk, turn: Turn, first: Say) -> tuple[Effect, ...]:
    """In one breath: "I am an automatic assistant", and the answer."""
    if first.about.startswith(INTRODUCED):
        return turn.effects
    text = f"{words(talk, 'greeting.in-passing')}\n\n{first.message.text}"
    return tuple(with_text(e, text, e.about) if e is first else e for e in turn.effects)
