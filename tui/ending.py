"""Ends of the screen that come from outside: signals, and a terminal that vanished."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .app import PoolscopeApp
    from .bridge import Bridge
    from .terminal import TerminalKeeper

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
