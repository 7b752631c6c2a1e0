"""Keys in their order: each reaches what the one before it has opened.

Textual hands a key to whatever has the focus when it arrives. Keys that arrive together, as they do on a slow link,
would all go to the same panel, and what opens a dialogue comes back from there only later: of ``g50%`` the figures
would be lost, or taken for keys of the panel. So each key waits until the one before it has been dealt with, and until
the screen that it may have opened has the focus in its field.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from textual import events, on
from textual.app import App
from textual.message import Message

if TYPE_CHECKING:
    from textual.timer import Timer

_PATIENCE_S = 0.5
"""After which a key is no longer waited for: what had it is gone, and nothing comes back from there."""


class KeyPassed(Message, verbose=True):
    """Follows a key from what had the focus up to the app: it comes there when the key has been dealt with."""


class OrderedKeys(App[None], inherit_bindings=False):
    """An app in which keys wait for each other."""

    def __init__(self, **settings: Any) -> None:
        """Take the SETTINGS of any app."""
        super().__init__(**settings)
        self._keys: deque[events.Key] = deque()
        """Those that wait."""
        self._is_key_under_way = False
        self._patience: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        """Let a key wait while another one is under way."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        self._keys.append(event)
        if not self._is_key_under_way:
            await self._next_key()
        elif self._patience is None:
            self._patience = self.set_timer(_PATIENCE_S, self._next_key)

    async def _next_key(self) -> None:
        """Hand out the key that has waited longest."""
        if self._patience is not None:
            self._patience.stop()
            self._patience = None
        self._is_key_under_way = False
        while self._keys and not self._is_key_under_way and self.screen_stack:
            await super().on_event(self._keys.popleft())
            # A key of the app itself may have changed the focus already.
            target = self.focused or self.screen
            self._is_key_under_way = target.post_message(KeyPassed().set_sender(target))
        if self._keys:
            self._patience = self.set_timer(_PATIENCE_S, self._next_key)

    @on(KeyPassed)
    def _await_what_it_opened(self) -> None:
        """Go on once the screen has begun, which takes messages only then, and has set its focus by way of the app."""
        # At the end of the app there is no screen any more.
        if self.screen_stack and not self.screen.call_later(self.call_later, self._next_key):
            self.call_later(self._next_key)
