"""``poolscope exec`` without a screen: the program has the terminal to itself, and a summary follows on stderr.

Signals are the program's business: we wait for its end, however long that takes, and end as it did.
"""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress

from .cli_signals import Signals
from .errors import GuardianLostError, PoolscopeError, UsageError
from .inheritance import let_go, take_over
from .output import complain, is_terminal, print_out, write_error, write_output

TYPE_CHECKING = False  # `typing` would delay every program
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .headless import Sampling
    from .launcher import Guardian
    from .program import Program

_FIRST_TICK_MS = 250
_TICK_MS = 1_000
"""How often the program is looked at while nothing is reported."""
_STDOUT = "-"
DEFAULT_LOG_LEVEL = 20


class Options:
    """The options of ``poolscope exec``, and the command behind them."""

    plain = quiet = wait = False
    output: str | None = None
    json: str | None = None
    log_level: int | None = None
    command: list[str]

    def take(self, words: Sequence[str]) -> bool:
        """Take over options that have no value; False, and nothing is changed, if there are others among them.

        The usual case does without a parser, whose import would delay the program.
        """
        if not set(words) <= _FLAGS.keys():
            return False
        for word in words:
            setattr(self, _FLAGS[word], True)
        return True


_FLAGS = {"--plain": "plain", "-q": "quiet", "--quiet": "quiet", "--wait": "wait"}


def split_command(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split what is ours from the command, at the first ``--``.

    Raises:
        UsageError: If there is no command.
    """
    words = list(arguments)
    if "--" not in words:
        if not set(words) & {"-h", "--help"}:
            raise UsageError("The command is missing; write it after --: poolscope exec -- python script.py")
        return words, []
    place = words.index("--")
    own, command = words[:place], words[place + 1 :]
    if not command and not set(own) & {"-h", "--help"}:
        raise UsageError("There is no command after --; write one: poolscope exec -- python script.py")
    return own, command


def wants_screen(options: Options) -> bool:
    """Whether the screen is to be opened: there is a terminal for it, and nothing says otherwise."""
    if options.plain:
        return False
    return all(is_terminal(stream) for stream in (sys.stdin, sys.stdout, sys.stderr))


def check(options: Options) -> None:
    """Refuse what cannot be done before anything is started.

    Raises:
        UsageError: If a file cannot be written.
        CommandError: If there is no such command.
    """
    from .inheritance import caller_environment, find_command
    from .output import checked_output

    for name in ("output", "json"):
        chosen = getattr(options, name)
        if chosen is not None and not (name == "json" and chosen == _STDOUT):
            setattr(options, name, str(checked_output(chosen, f"--{name}")))
    find_command(options.command[0], caller_environment())


def execute_plainly(options: Options) -> int:
    """Execute a program that has our terminal, and report.

    Returns:
        The exit status of the program; 128 and the signal's number if it was killed by one.
    """
    inheritance = take_over()
    check(options)
    from .launcher import Guardian

    with Signals() as signals, Guardian.start(shares_terminal=True, has_all_children=True) as guardian:
        from .program import Program

        program = Program(
            guardian,
            options.command,
            terminal_io=True,
            log_level=options.log_level or DEFAULT_LOG_LEVEL,
            waits=options.wait,
            inheritance=inheritance,
        )
        watch = _Watch(program, guardian, signals)
        lost = watch.follow(lambda: let_go(inheritance, keeps_stdout=options.json == _STDOUT))
        with suppress(KeyboardInterrupt):
            report(options, program)
    if lost is not None:
        complain(str(lost))
    return program.exit_code


class _Watch:
    """Waits for the end of a program, and does little else."""

    def __init__(self, program: Program, guardian: Guardian, signals: Signals) -> None:
        self._program = program
        self._signals = signals
        self._sampling: Sampling | None = None
        self._root = guardian.pid
        self._waiting = select.poll()
        self._waiting.register(guardian.fileno(), select.POLLIN)
        self._waiting.register(signals.fileno(), select.POLLIN)

    def follow(self, when_started: Callable[[], None]) -> GuardianLostError | None:
        """Wait, and return the error if the guardian was lost on the way."""
        program = self._program
        is_quiet = False
        while True:
            was_there = program.pid is not None
            try:
                program.step()
            except GuardianLostError as error:
                return error
            if program.is_over:
                return None
            if program.pid is not None and not was_there:
                when_started()
                self._begin_to_sample()
            elif self._sampling is not None and program.status is None:
                self._sampling.tick()
            for received in self._signals.take():
                # What goes to the group reaches the program too, if there was one by then, which the guardian knows.
                is_shared = not received.is_ours_alone and program.status is None and not self._has_left_us()
                program.pass_on(received.number, received.seen_ns if is_shared else None)
            if not self._waiting.poll(_TICK_MS if is_quiet else _FIRST_TICK_MS) and not is_quiet:
                is_quiet = True
                _import_the_rest()

    def _has_left_us(self) -> bool:
        """Whether the program is in another process group than ours by now."""
        pid = self._program.pid
        if pid is None:
            return False
        try:
            return os.getpgid(pid) != os.getpgrp()
        except OSError:
            return False

    def _begin_to_sample(self) -> None:
        from .headless import Sampling

        if self._program.directory is not None:
            self._sampling = Sampling(self._program.directory, self._root)
            self._program.at_end = self._sampling.close


def _import_the_rest() -> None:
    """Import what the end will need, while the program has something to do."""
    from .analysis import failure, process_ledger
    from .recording import save, store
    from .report import program_text

    del failure, process_ledger, save, store, program_text


def report(options: Options, program: Program) -> None:
    """Say what became of the program, wherever the OPTIONS want it."""
    from pathlib import Path

    state = program.state()
    target, output = options.json, options.output
    if target is not None:
        from .output import json_text
        from .report.program_json import program_object

        text = json_text(program_object(program, state))
        if target == _STDOUT:
            print_out(text)
        else:
            _try(lambda: write_output(Path(target), text + "\n"))
    if output is not None:
        _try(lambda: _save(program, Path(output)))
    if not options.quiet:
        from .report.program_text import program_summary

        write_error(program_summary(program, state, colour=is_terminal(sys.stderr)))


def _save(program: Program, path: Path) -> None:
    from .recording.save import save

    if program.directory is not None:
        save(program.directory, path)


def _try(write: Callable[[], None]) -> None:
    """Complain where something cannot be written; the program's own exit status is worth more."""
    try:
        write()
    except PoolscopeError as error:
        complain(str(error))
