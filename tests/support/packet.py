"""Keys that arrive in one packet, before the app can do anything about the first of them."""

from __future__ import annotations

from textual import events

from poolscope.tui.keyboard import OrderedKeys

_NAMED = {
    "\r": "enter", "\x1b": "escape", "\x10": "ctrl+p", "/": "slash", "%": "percent_sign", " ": "space"
}  # fmt: skip


def arrive(app: OrderedKeys, text: str) -> None:
    """Have the keys of TEXT arrive."""
    for character in text:
        app.post_message(events.Key(_NAMED.get(character, character), character))
