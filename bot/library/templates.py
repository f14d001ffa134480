"""Texts with {placeholders}, parsed once."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter


class BadTemplate(ValueError):
    """A text whose braces make no sense."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text in pieces: plain words and the names of placeholders, in turn."""

    pieces: tuple[tuple[str, str | None], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for _, name in self.pieces if name is not None)

    def fill(self, values: Mapping[str, object]) -> str:
        """The text with its placeholders filled.

        Raises:
            KeyError: a placeholder has no value.
        """
        return "".join(plain if name is None else f"{plain}{values[name]}" for plain, name in self.pieces)


def parse(text: str) -> Template:
    """Take a text apart; only bare names may stand between braces.

    Raises:
        BadTemplate: braces that do not match, or more than a name inside.
    """
    pieces: list[tuple[str, str | None]] = []
    try:
        for plain, name, spec, conversion in Formatter().parse(text):
            if name is not None and (spec or conversion or not name.isidentifier()):
                raise BadTemplate(f"only a name may stand between braces, not {{{name}}}")
            pieces.append((plain, name))
    except BadTemplate:
        raise
    except ValueError as error:
        raise BadTemplate("braces that do not match; write {{ and }} for real ones") from error
    return Template(tuple(pieces))


def compiled(text: str) -> str | Template:
    """Plain text stays text, so that saying it costs a look-up and nothing else."""
    template = parse(text)
    return template if template.names else "".join(plain for plain, _ in template.pieces)
