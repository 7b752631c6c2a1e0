"""Opens the screen: ``poolscope``, or ``python -m poolscope.tui``; on a program, on a recording, or as the lab.

The order matters. The guardian is started first, so that it exists before anything can go wrong and while Textual is
still being imported; it is told goodbye last. In between, whatever ends the app (a key, a signal, a vanished terminal,
an exception), processes are gone and the terminal is as it was within a second.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from poolscope.workloads.output import complain

from .terminal import TerminalKeeper, problem_with_terminal, wants_ascii

if TYPE_CHECKING:
    from argparse import Namespace

    from poolscope.workloads.cli_exec import Options
    from poolscope.workloads.launcher import Guardian
    from poolscope.workloads.program import Program
    from poolscope.workloads.recording.contents import Contents

    from .app import PoolscopeApp
    from .bridge import Bridge
    from .ending import Ending
    from .glyphs import Glyphs
    from .screens.watch import WatchScreen
    from .sources import RecordedSource


STARTING_SECONDS = 2.0
STARTING_LOOKS = 50
"""How long is waited at most until a program was started, before the screen is opened all the same."""


def main(options: Namespace | None = None) -> int:
    """Open the lab and stay until it is left.

    Args:
        options: ``ascii``, ``theme`` and ``refresh`` of the command line; None for the defaults.

    Returns:
        The exit status: 0 after quitting, 1 after an error of our own, 2 without a fit terminal, 128 + n after
        signal n.
    """
    problem = problem_with_terminal(os.environ)
    if problem is not None:
        complain(problem)
        return 2
    keeper = _prepare()

    from poolscope.workloads.launcher import Guardian

    with Guardian.start(keeper.descriptor) as guardian:
        return _show(options, keeper, _bridge_for_lab(options, guardian))


def open_program(options: Options) -> int:
    """Execute a program under the screen, and stay until that is left.

    Args:
        options: As of ``poolscope exec``: ``command``, ``log_level``, ``wait``, ``output``, ``json`` and ``quiet``.

    Returns:
        The exit status of the program; 128 + n after signal n to the screen.

    Raises:
        PoolscopeError: If the program cannot be started; nothing was shown then.
    """
    from poolscope.workloads.cli_exec import check, execute_plainly, report

    if problem_with_terminal(os.environ) is not None:
        return execute_plainly(options)
    check(options)

    from poolscope.workloads.launcher import Guardian
    from poolscope.workloads.program import Program

    from .bridge import LOG_LEVEL

    keeper = TerminalKeeper()
    with Guardian.start(keeper.descriptor, has_all_children=True) as guardian:
        # While the guardian starts, and before the program does: what this takes is not to be taken from the program.
        _import_the_screen()
        program = Program(
            guardian,
            options.command,
            terminal_io=False,
            log_level=options.log_level or LOG_LEVEL,
            waits=options.wait,
        )
        _start(program, guardian)
        _prepare()
        bridge = _bridge_for_program(options, guardian, program)

        def make_screen(glyphs: Glyphs) -> WatchScreen:
            from .screens.program import ProgramScreen

            return ProgramScreen(bridge, glyphs)

        code = _show(options, keeper, bridge, make_screen, lambda: report(options, program))
    return code or program.exit_code


def _start(program: Program, guardian: Guardian) -> None:
    """Start PROGRAM, and wait until it is on its way: what cannot be started is told without opening a screen.

    Raises:
        PoolscopeError: If it cannot be started.
    """
    import select

    for _ in range(STARTING_LOOKS):
        program.step()
        if program.pid is not None or program.is_over:
            return
        select.select([guardian], [], [], STARTING_SECONDS / STARTING_LOOKS)


def open_replay(options: Namespace) -> int:
    """Show a recording, and stay until it is left.

    Args:
        options: ``recording``, a reference to one, and ``ascii`` and ``theme``.

    Raises:
        UsageError: If there is no such recording; nothing was shown then.
    """
    from poolscope.workloads.recording.open import open_recording

    problem = problem_with_terminal(os.environ, "export")
    if problem is not None:
        complain(problem)
        return 2
    recording = open_recording(options.recording)
    if not recording.is_closed:
        recording.close()  # what still goes on somewhere is shown as far as it has come
    keeper = _prepare()
    bridge, source = _bridge_for_replay(options, recording)

    def make_screen(glyphs: Glyphs) -> WatchScreen:
        from .screens.program import ReplayScreen

        return ReplayScreen(bridge, glyphs, is_of_program=source.is_of_program)

    return _show(options, keeper, bridge, make_screen)


def _import_the_screen() -> None:
    """Import what takes long, and leave the environment as it is: the program is going to have it."""
    gc.disable()
    with _without_animations():
        from poolscope.workloads.analysis import timeline

        from . import app
        from .screens import program

        del app, program, timeline


@contextmanager
def _without_animations() -> Iterator[None]:
    """Set what Textual looks for while it is imported."""
    name = "TEXTUAL_ANIMATIONS"
    is_new = name not in os.environ
    if is_new:
        os.environ[name] = "none"
    try:
        yield
    finally:
        if is_new:
            del os.environ[name]


def _prepare() -> TerminalKeeper:
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    gc.disable()  # until the app is built: nothing that is made meanwhile is garbage
    _draw_in_utf8()
    return TerminalKeeper()


def _show(
    options: Namespace | Options | None,
    keeper: TerminalKeeper,
    bridge: Bridge,
    make_screen: Callable[[Glyphs], WatchScreen] | None = None,
    conclude: Callable[[], None] | None = None,
) -> int:
    """Run the app.

    Args:
        options: Of the command line.
        keeper: Of the terminal.
        bridge: Works already, while Textual is imported.
        make_screen: Makes what watches; None for the lab.
        conclude: Called when the app has ended orderly and nothing runs any more, before everything is cleared away.

    Returns:
        The exit status, 0 if all went well.
    """
    from .ending import PATIENCE, Ending

    ending = Ending(keeper)
    code, crash = 1, None
    try:
        app = _make_app(options, bridge, make_screen, ending)
        app.run()
        code, crash = app.return_code or 0, app.crash
        if conclude is not None and not ending.code:
            bridge.finish(timeout=PATIENCE if crash else 2.0)
            conclude()
    except BaseException as error:  # noqa: BLE001 - written to a file and told in one sentence
        crash = error
    bridge.close(timeout=PATIENCE if ending.code else 2.0)
    ending.done()
    if ending.code:
        return _leave_after(ending.code)
    return code if crash is None else _report(crash)


def _make_app(
    options: Namespace | Options | None,
    bridge: Bridge,
    make_screen: Callable[[Glyphs], WatchScreen] | None,
    ending: Ending,
) -> PoolscopeApp:
    from poolscope.workloads.catalogue import listing

    from .app import PoolscopeApp
    from .glyphs import ASCII, UNICODE

    is_ascii = getattr(options, "ascii", False) or wants_ascii(os.environ)
    glyphs = ASCII if is_ascii else UNICODE
    screen = make_screen(glyphs) if make_screen is not None else None
    app = PoolscopeApp(
        bridge,
        [] if screen else listing.entries(),
        glyphs,
        on_started=lambda: ending.attach(app, bridge),
        theme=getattr(options, "theme", None),
        screen=screen,
    )
    return app


def _bridge_for_lab(options: Namespace | None, guardian: Guardian) -> Bridge:
    from poolscope.workloads import catalogue
    from poolscope.workloads.launcher import Guardian

    from .bridge import DEFAULT_REFRESH, Bridge

    bridge = Bridge(guardian, Guardian.start, getattr(options, "refresh", None) or DEFAULT_REFRESH)
    # It looks at the machine, and at what would run first, while Textual is imported.
    first = catalogue.find(catalogue.names()[0])
    parameters = {parameter.name: parameter.default for parameter in first.parameters}
    bridge.choose(first, parameters, first.default_lanes(parameters), keep=False)
    bridge.open()
    return bridge


def _bridge_for_program(options: Options, guardian: Guardian, program: Program) -> Bridge:
    from .bridge import Bridge
    from .sources import ProgramSource

    output, options.output = options.output, None  # saved as soon as the program has ended, not after the screen
    bridge = Bridge(guardian, source=lambda: ProgramSource(program, Path(output) if output else None))
    bridge.open()
    return bridge


def _bridge_for_replay(options: Namespace, recording: Contents) -> tuple[Bridge, RecordedSource]:
    from .bridge import Bridge
    from .sources import RecordedSource

    source = RecordedSource(recording, options.recording)
    bridge = Bridge(None, source=lambda: source)
    bridge.open()
    return bridge, source


def _draw_in_utf8() -> None:
    """Let nothing that is drawn become an error or an escape, whatever the locale says."""
    for stream in (sys.__stderr__, sys.__stdout__):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


def _leave_after(code: int) -> int:
    """Leave for good when the terminal may be gone: the interpreter's own end would stumble over it."""
    if code != 128 + signal.SIGHUP:
        return code
    os._exit(code)


def _report(error: BaseException) -> int:
    """Keep the traceback in a file and say where, in one sentence."""
    import tempfile
    import time
    import traceback

    if isinstance(error, KeyboardInterrupt):
        return 130
    name = time.strftime("poolscope-error-%Y%m%d-%H%M%S-")
    try:
        descriptor, path = tempfile.mkstemp(prefix=name, suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.writelines(traceback.format_exception(error))
    except OSError:
        place = "it could not be written to a file"
    else:
        place = f"what happened stands in {Path(path)}"
    complain(f"The screen ended because of an error of its own ({type(error).__name__}); {place}.")
    return 1


if __name__ == "__main__":
    from poolscope.workloads.cli import main as command

    sys.exit(command())
