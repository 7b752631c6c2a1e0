"""The screen on a recording as a picture, drawn without any terminal."""

from __future__ import annotations

import asyncio
import os
import re
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from .app import PoolscopeApp

PATIENCE = 20.0
"""Seconds that a recording may take to be shown."""
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}\s*")


def screen_svg(reference: str, size: tuple[int, int] = (120, 40), theme: str | None = None) -> str:
    """Draw the screen of a recording at its end.

    Args:
        reference: As `recording.open.open_recording` takes it.
        size: Columns and rows of the screen.
        theme: Name of a colour theme; None for our own dark one.

    Returns:
        An SVG picture that needs nothing from anywhere else.

    Raises:
        UsageError: If there is no such recording, or no such theme.
    """
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")

    from poolscope.workloads.errors import UsageError
    from poolscope.workloads.recording.open import open_recording

    from .app import PoolscopeApp
    from .bridge import Bridge
    from .glyphs import UNICODE
    from .screens.program import ReplayScreen
    from .sources import RecordedSource

    recording = open_recording(reference)
    if not recording.is_closed:
        recording.close()
    source = RecordedSource(recording, reference)
    bridge = Bridge(None, source=lambda: source)
    screen = ReplayScreen(bridge, UNICODE, is_of_program=source.is_of_program)
    app = PoolscopeApp(bridge, [], UNICODE, theme=theme, screen=screen)
    if theme is not None and theme not in app.available_themes:
        raise UsageError(f"There is no theme {theme!r}: there are {', '.join(sorted(app.available_themes))}.")
    drawn: list[str] = []

    async def draw(pilot: Pilot[Any]) -> None:
        await _settle(app, pilot)
        drawn.append(app.export_screenshot(title="poolscope"))
        app.exit()

    try:
        asyncio.run(app.run_async(headless=True, size=size, auto_pilot=draw))
    finally:
        bridge.close()
    if app.crash is not None:
        raise app.crash
    # Rich names fonts that are to be fetched; every system has one of a fixed width.
    return _FONT_FACE.sub("", drawn[0])


async def _settle(app: PoolscopeApp, pilot: Pilot[Any]) -> None:
    """Wait until the recording is shown, and its log has come."""
    deadline = time.monotonic() + PATIENCE
    lines = -1
    while time.monotonic() < deadline:
        await pilot.pause(0.02)
        app.frame()
        snapshot = app.core.latest
        if snapshot is None or snapshot.timeline is None:
            continue
        before, lines = lines, app.main_screen.log_panel.view.ring.total
        if lines == before:
            break
    await pilot.pause()
