"""Opens the screen: ``poolscope``, or ``python -m poolscope.tui``.

The order matters. The guardian is started first, so that it exists before anything can go wrong and while Textual is
still being imported; it is told goodbye last. In between, whatever ends the app (a key, a signal, a vanished terminal,
an exception), processes are gone and the terminal is as it was within a second.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from poolscope.workloads.output import complain

from .terminal import TerminalKeeper, problem_with_terminal, wants_ascii

if TYPE_CHECKING:
    from argparse import Namespace

    from .app import PoolscopeApp
    from .bridge import Bridge

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
PATIENCE = 0.6
"""Seconds that an orderly end may take after a signal before it is forced."""


class Ending:
    """Ends the app when something from outside wants it: orderly at first, then by force."""

    def __init__(self, keeper: TerminalKeeper) -> None:
        self.code = 0
        """Exit status that the cause asks for; 0 while there is none."""
        self._keeper = keeper
        self._app: PoolscopeApp | None = None
        self._bridge: Bridge | None = None
        self._timer: threading.Timer | None = None
        self._has_begun = False

    def attach(self, app: PoolscopeApp, bridge: Bridge) -> None:
        """Take over the running app; called on its event loop."""
        import asyncio

        self._app, self._bridge = app, bridge
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self.begin, 128 + number)
        self._keeper.watch(lambda: self._hang_up(loop))

    def _hang_up(self, loop: object) -> None:
        import asyncio

        assert isinstance(loop, asyncio.AbstractEventLoop)  # noqa: S101
        code = 128 + signal.SIGHUP
        # The event loop may be stuck in a write to the terminal that vanished: the force does not depend on it.
        self._arm(code)
        try:
            loop.call_soon_threadsafe(self._begin_once, code)
        except RuntimeError:
            return  # the loop is closed: the app ended already

    def begin(self, code: int) -> None:
        """Begin to end with exit status CODE; a second time, do not wait for anything."""
        if self._has_begun:
            self.force()
        self._begin_once(code)

    def _begin_once(self, code: int) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        self._arm(code)
        app, bridge = self._app, self._bridge
        if bridge is not None:
            # Processes end while Textual still says goodbye to the terminal.
            threading.Thread(target=bridge.close, args=(PATIENCE,), daemon=True).start()
        if app is not None:
            app.exit(return_code=code)

    def _arm(self, code: int) -> None:
        self.code = self.code or code
        if self._timer is None:
            self._timer = threading.Timer(PATIENCE, self.force)
            self._timer.daemon = True
            self._timer.start()

    def force(self) -> None:
        """End now: the guardian sees its lease end and kills what is left."""
        bridge, self._bridge = self._bridge, None
        self._keeper.restore()
        if bridge is not None:
            bridge.abandon(0.3)
        os._exit(self.code or 1)

    def done(self) -> None:
        """Say that the end was orderly after all."""
        if self._timer is not None:
            self._timer.cancel()
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)


def main(options: Namespace | None = None) -> int:
    """Open the screen and stay until it is left.

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
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    gc.disable()  # until the app is built: nothing that is made meanwhile is garbage
    _draw_in_utf8()
    keeper = TerminalKeeper()

    from poolscope.workloads.launcher import Guardian

    guardian = Guardian.start(keeper.descriptor)
    ending = Ending(keeper)
    try:
        app, bridge = _build(options, guardian, ending)
    except BaseException:
        guardian.close()
        raise
    code, crash = 1, None
    try:
        app.run()
        code, crash = app.return_code or 0, app.crash
    except BaseException as error:  # noqa: BLE001 - written to a file and told in one sentence
        crash = error
    bridge.close(timeout=PATIENCE if ending.code else 2.0)
    ending.done()
    if ending.code:
        return _leave_after(ending.code)
    return code if crash is None else _report(crash)


def _build(options: Namespace | None, guardian: object, ending: Ending) -> tuple[PoolscopeApp, Bridge]:
    from poolscope.workloads import catalogue
    from poolscope.workloads.launcher import Guardian

    from .bridge import DEFAULT_REFRESH, Bridge

    assert isinstance(guardian, Guardian)  # noqa: S101
    refresh = getattr(options, "refresh", None) or DEFAULT_REFRESH
    is_ascii = getattr(options, "ascii", False) or wants_ascii(os.environ)
    bridge = Bridge(guardian, Guardian.start, refresh)
    workloads = [catalogue.find(name) for name in catalogue.names()]
    # It looks at the machine, and at what would run first, while Textual is imported.
    first = workloads[0]
    parameters = {parameter.name: parameter.default for parameter in first.parameters}
    bridge.choose(first, parameters, first.default_lanes(parameters), keep=False)
    bridge.open()

    from .app import PoolscopeApp
    from .glyphs import ASCII, UNICODE

    app = PoolscopeApp(
        bridge,
        workloads,
        ASCII if is_ascii else UNICODE,
        on_started=lambda: ending.attach(app, bridge),
        theme=getattr(options, "theme", None),
    )
    return app, bridge


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
