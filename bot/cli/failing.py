"""Failures a person can act on, and the one line each of them becomes."""

PROBLEMS = 1
WRONG_USAGE = 2


class Failed(Exception):
    """A sentence that says what is wrong and what to do; the command ends with this exit code."""

    def __init__(self, sentence: str, exit_code: int = PROBLEMS) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


def wrong_usage(sentence: str) -> Failed:
    """The command line or the configuration is wrong: exit code 2."""
    return Failed(sentence, WRONG_USAGE)


def report(error: Exception) -> tuple[str, int]:
    """The words and the exit code for an error that ended a command. Names of classes tell our own sentences apart, so
    that no room has to be imported just to know its errors."""
    if isinstance(error, Failed):
        return str(error), error.exit_code
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"BadSettings", "CopyRefused", "LostKey", "WrongSchema"}:
        return str(error), WRONG_USAGE
    if names & {"BadLoad", "ContentFaults", "CopyFailed", "DatabaseAway", "NothingSuch", "SendError", "UnknownStaff"}:
        return str(error), PROBLEMS
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}", PROBLEMS
    return (
        f"This should not have happened ({type(error).__name__}). Run it again with --debug and report what it prints.",
        PROBLEMS,
    )
