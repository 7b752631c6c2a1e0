"""Sends the terminal only what changed.

Where part of a line is to be drawn again, Textual sends the line from the left edge of its widget, and the whole style
anew with every piece. Over a slow connection that is most of the traffic. What stands here depends on how Textual draws
inside, so the screen does without it where that has changed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.color import Color, ColorSystem
from rich.console import Console
from rich.style import Style
from textual._compositor import ChopsUpdate, Compositor

_RESET = "\x1b[0m"


class _Look(NamedTuple):
    """What the terminal has been told, as the codes that tell it."""

    attributes: str
    color: str
    background: str


_PLAIN = _Look("", "39", "49")


class ThriftyCompositor(Compositor):
    """Draws parts of the screen with as few bytes as the terminal needs."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Collect what is to be drawn again; None if nothing is."""
        update = super().render_partial_update()
        try:
            return None if update is None else ThriftyUpdate(update.chops, update.spans, update.chop_ends)
        except (AttributeError, TypeError):
            return update


class ThriftyUpdate(ChopsUpdate):
    """Spans of lines, written from their first cell to their last, with only the changes of style between them."""

    def render_segments(self, console: Console) -> str:
        """Write the spans as they go to the terminal."""
        try:
            return self._render(console)
        except (AttributeError, TypeError, ValueError):
            # Textual or Rich draws in another way now.
            return super().render_segments(console)

    def _render(self, console: Console) -> str:
        system = console._color_system or ColorSystem.TRUECOLOR
        written: list[str] = []
        look = _PLAIN
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= last or end <= first:
                    continue
                start = max(x, first)
                written.append(f"\x1b[{y + 1};{start + 1}H")
                for text, style, _ in strip.crop(start - x, min(end, last) - x):
                    if style is not None and style.link:
                        written += (_RESET, strip.render_style(style, text, color_system=system))
                        look = _PLAIN
                        continue
                    wanted = _look_of(style, system) if style is not None else _PLAIN
                    if not wanted.attributes and not look.attributes and text.isspace():
                        wanted = wanted._replace(color=look.color)  # the colour of blanks cannot be seen
                    if wanted != look:
                        written.append(_change(look, wanted))
                        look = wanted
                    written.append(text)
        written.append(_RESET)
        return "".join(written)


@lru_cache(maxsize=1024)
def _look_of(style: Style, system: ColorSystem) -> _Look:
    bits = style._attributes & style._set_attributes
    names = [code for bit, code in Style._style_map.items() if bits & (1 << bit)]
    return _Look(";".join(names), _codes(style.color, system) or "39", _codes(style.bgcolor, system, back=True) or "49")


def _codes(color: Color | None, system: ColorSystem, *, back: bool = False) -> str:
    return "" if color is None else ";".join(color.downgrade(system).get_ansi_codes(foreground=not back))


@lru_cache(maxsize=4096)
def _change(old: _Look, new: _Look) -> str:
    """Turn one look into another: attributes cannot be taken away one by one on every terminal, so they are reset."""
    codes = []
    if old.attributes and old.attributes != new.attributes:
        codes.append("0")
        old = _PLAIN
    codes += [code for before, code in zip(old, new, strict=True) if code != before]
    return f"\x1b[{';'.join(codes)}m"
