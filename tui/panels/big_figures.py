"""Figures three rows high, for the one answer that should be seen from the other end of the room."""

from __future__ import annotations

_ROWS = {
    "0": ("┏━┓", "┃ ┃", "┗━┛"),
    "1": ("╺┓ ", " ┃ ", "╺┻╸"),
    "2": ("╺━┓", "┏━┛", "┗━╸"),
    "3": ("╺━┓", "╺━┫", "╺━┛"),
    "4": ("╻ ╻", "┗━┫", "  ╹"),
    "5": ("┏━╸", "┗━┓", "╺━┛"),
    "6": ("┏━╸", "┣━┓", "┗━┛"),
    "7": ("╺━┓", "  ┃", "  ╹"),
    "8": ("┏━┓", "┣━┫", "┗━┛"),
    "9": ("┏━┓", "┗━┫", "╺━┛"),
    ".": (" ", " ", "▪"),
    ",": (" ", " ", "╵"),
    "×": ("  ", "╲╱", "╱╲"),
    "=": ("   ", "╺━╸", "╺━╸"),
}


def big(text: str) -> tuple[str, str, str] | None:
    """Write TEXT in three rows of equal width; None if it holds a character that has no large form."""
    if not text or any(character not in _ROWS for character in text):
        return None
    columns = [_ROWS[character] for character in text]
    first, second, third = (" ".join(column[row] for column in columns) for row in range(3))
    return first, second, third
