"""The directories of a session's runs: their names, and how long they stay."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_KEPT = 4
"""Directories that stay, so that who follows the log can read it to its end."""


class RunDirectories:
    """Those of one comparison.

    Args:
        session: Directory of the session, in which all of them are.
    """

    def __init__(self, session: Path) -> None:
        self._session = session
        self._directories: list[Path] = []

    def new_name(self) -> str:
        """Number the runs of a session, over all its comparisons."""
        with suppress(OSError):
            numbers = [int(entry.name) for entry in self._session.iterdir() if entry.name.isdecimal()]
            return f"{max(numbers, default=0) + 1:04}"
        return "0001"

    def add(self, directory: Path, needed: Path | None) -> None:
        """Take one more in, and remove what old runs left: a thousand runs must not fill the memory.

        Args:
            directory: The new one.
            needed: One that stays in any case; None if none has to.
        """
        from .custody import remove_tree

        self._directories.append(directory)
        while len(self._directories) > _KEPT:
            # The needed one stays in the list for `remove_all`.
            oldest = self._directories.pop(1 if self._directories[0] == needed else 0)
            remove_tree(str(oldest))

    def remove_all(self) -> None:
        """Remove all of them, once nobody reads them any more."""
        from .custody import remove_tree

        while self._directories:
            remove_tree(str(self._directories.pop()))
