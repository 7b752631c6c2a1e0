"""The roles that text is shown in, and how each looks in the current theme.

Not component classes: Textual matches the style of each such class against every rule for every widget, again and again
while the app starts. The roles are few words about the theme's own colours, so they are read from those directly.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.style import Style
from textual.color import Color
from textual.widget import Widget


class Role(NamedTuple):
    """How text looks beside the widget's own style; colours as in a style sheet, `$name` meaning the theme's."""

    color: str = ""
    """Colour of the text and perhaps its opacity; "" for the widget's own."""
    text_style: str = ""
    background: str = ""
    """Colour behind the text and perhaps its opacity; "" for the widget's own."""


ROLES = {
    "text-muted": Role("$text-muted"),
    "text-success": Role("$text-success"),
    "text-warning": Role("$text-warning"),
    "text-error": Role("$text-error", "bold"),
    "text-primary": Role("$text-primary"),
    "text-secondary": Role("$text-secondary"),
    "text-accent": Role("$text-accent"),
    "success": Role("$success"),
    "warning": Role("$warning"),
    "error": Role("$error"),
    "secondary": Role("$secondary"),
    "surface": Role("$foreground 25%"),
    "strong": Role("", "bold"),
    "title": Role("$text-muted", "bold"),
    "past": Role("$primary 50%"),
    "track": Role(background="$foreground 10%"),
    "success-seated": Role("$success", "underline"),
    "warning-seated": Role("$warning", "underline"),
    "error-seated": Role("$error", "underline"),
    "cursor": Role(
        "$block-cursor-blurred-foreground", "$block-cursor-blurred-text-style", "$block-cursor-blurred-background"
    ),
    "focused-cursor": Role("$block-cursor-foreground", "$block-cursor-text-style", "$block-cursor-background"),
}
"""The roles that pieces may use. Those of `PHASE_ROLES` are among them."""


def style_in(widget: Widget, role: Role) -> Style:
    """How text in ROLE looks in WIDGET and the theme that the app has now."""
    variables = widget.app.theme_variables
    own = widget.rich_style
    behind = widget.background_colors[1]
    background = behind
    if role.background:
        background = behind + _color(role.background, variables, behind)
    color = _color(role.color, variables, background) if role.color else None
    look = Style.from_color(
        (background + color).rich_color if color else None,
        background.rich_color if role.background and background.a else None,
    )
    text_style = _resolved(role.text_style, variables)
    return own + look + Style.parse(text_style or "none")


def _resolved(text: str, variables: dict[str, str]) -> str:
    return variables.get(text[1:], "") if text.startswith("$") else text


def _color(text: str, variables: dict[str, str], background: Color) -> Color:
    """Read a colour and an opacity in percent after it, either of which a variable of the theme may stand for."""
    name, _, percent = text.partition(" ")
    words = [*_resolved(name, variables).split(), *percent.split()]
    opacity = 1.0
    while len(words) > 1 and words[-1].endswith("%"):
        opacity *= float(words.pop()[:-1]) / 100
    if words == ["auto"]:
        return background.get_contrast_text(opacity)
    color = Color.parse(" ".join(words))
    return color.multiply_alpha(opacity) if opacity < 1 else color
