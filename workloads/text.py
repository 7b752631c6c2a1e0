"""Text that comes from outside: made harmless once, where it enters, and cut to fit by display cells.

Log lines, process names, argv, exceptions and paths can hold anything: escape sequences that would drive the terminal,
characters that turn the direction of writing, bytes that are no text. After `clean` a text is one line of printable
characters; `shorten` and `shorten_middle` then cut it by what it takes on screen, not by characters.
"""

from __future__ import annotations

import re
import unicodedata

_REPLACEMENT = "\ufffd"
_DELETE_PICTURE = "\u2421"
_PICTURES = 0x2400
"""The Unicode pictures of the control characters, ``␛`` and so on, in the order of the characters."""
_VARIATION_SELECTORS = ("\ufe0e", "\ufe0f")
_TAB = 8
_WIDE_SINCE_UNICODE_16 = re.compile(
    "[\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\U0001d300-\U0001d356\U0001d360-\U0001d376]"
)
"""Trigrams, hexagrams and counting rods: newer terminals, and Rich, give them two cells."""


def clean(text: str | bytes, limit: int) -> str:
    """Make TEXT safe to show: one line of printable characters, LIMIT at most.

    Control characters become their pictures (``␛``), tabs become spaces, and what has no shape of its own is dropped
    (zero width) or becomes ``�`` (C1, direction marks, surrogates, private and unassigned characters).

    Args:
        text: Anything; bytes are read as UTF-8.
        limit: Most characters of the result. A longer text ends in ``…+N``, N being the characters left out.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    size = len(text)
    if size <= limit and text.isprintable() and not _has_selector(text):
        return text
    # One character more than wanted, so that a text that just fits is told from one that does not.
    shown = text[: limit + 1]
    if "\t" in shown:
        shown = shown.expandtabs(_TAB)
        size += len(shown) - min(len(text), limit + 1)
    if not shown.isprintable() or _has_selector(shown):
        shown = "".join([_visible(character) for character in shown])
    if size <= limit:
        return shown
    return _cap(shown, size, limit)


def _has_selector(text: str) -> bool:
    # They count as printable, yet make the character before them wider on some terminals and not on others.
    return not text.isascii() and any(selector in text for selector in _VARIATION_SELECTORS)


def _visible(character: str) -> str:
    if character in _VARIATION_SELECTORS:
        return ""
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x20:
        return chr(_PICTURES + code)
    if code == 0x7F:
        return _DELETE_PICTURE
    if unicodedata.category(character) == "Zs":
        return " "
    if 0x200B <= code <= 0x200D or 0x2060 <= code <= 0x2064 or code in (0xAD, 0xFEFF):
        return ""
    return _REPLACEMENT


def _cap(shown: str, size: int, limit: int) -> str:
    """Cut SHOWN, the beginning of a text of SIZE characters, to LIMIT with the number left out at its end."""
    kept = limit
    while True:
        tail = f"…+{size - kept}"
        if kept + len(tail) <= limit or kept == 0:
            return (shown[:kept] + tail)[:limit]
        kept = max(0, limit - len(tail))


def cell_width(text: str) -> int:
    """Count the terminal cells that TEXT takes; wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def _width(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.east_asian_width(character) in "WF" or _WIDE_SINCE_UNICODE_16.match(character):
        return 2
    return 0 if unicodedata.category(character) in ("Mn", "Me", "Cf") else 1


def shorten(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut TEXT at its end to WIDTH cells, with ELLIPSIS where something was cut off."""
    if fits(text, width):
        return text
    room = width - cell_width(ellipsis)
    if room < 0:
        return _head(ellipsis, width)
    return _head(text, room) + ellipsis


def shorten_middle(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut TEXT in its middle to WIDTH cells; the end, which tells paths and names apart, keeps the larger part."""
    if fits(text, width):
        return text
    room = width - cell_width(ellipsis)
    if room < 0:
        return _head(ellipsis, width)
    head = _head(text, room // 2)
    return head + ellipsis + _tail(text, room - cell_width(head))


def fits(text: str, width: int) -> bool:
    """Whether TEXT takes WIDTH cells or fewer."""
    # No character takes more than two cells, so that most texts need no counting.
    return 2 * len(text) <= width or cell_width(text) <= width


def _head(text: str, width: int) -> str:
    """The longest beginning of TEXT that fits into WIDTH cells."""
    if text.isascii():
        return text[: max(0, width)]
    taken = 0
    for index, character in enumerate(text):
        taken += _width(character)
        if taken > width:
            return text[:index]
    return text


def _tail(text: str, width: int) -> str:
    """The longest end of TEXT that fits into WIDTH cells and does not begin with a combining character."""
    if width <= 0:
        return ""
    if text.isascii():
        return text[-width:]
    taken = 0
    start = len(text)
    for index in range(len(text) - 1, -1, -1):
        cells = _width(text[index])
        taken += cells
        if taken > width:
            break
        if cells:
            start = index
    return text[start:]
