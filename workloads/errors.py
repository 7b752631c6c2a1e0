"""The errors a person can cause, each carrying one sentence that says what is wrong and what to do."""


class PoolscopeError(Exception):
    """Base of every error whose message is written for the person at the keyboard.

    Attributes:
        exit_code: What the headless command exits with when this error ends it.
    """

    exit_code = 1


class UsageError(PoolscopeError):
    """The input was wrong: an unknown name, a value out of range, something that cannot be afforded here."""

    exit_code = 2


class GuardianLostError(PoolscopeError):
    """The guardian died or stopped answering, so nothing can be run under it any more."""


class CommandError(PoolscopeError):
    """A program cannot be started; the command exits with what a shell would.

    Attributes:
        NOT_FOUND: Exit code where there is no such program.
        NOT_EXECUTABLE: Exit code where there is one that cannot be executed.
    """

    NOT_FOUND = 127
    NOT_EXECUTABLE = 126

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
