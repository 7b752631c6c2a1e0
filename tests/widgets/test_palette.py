"""Every role looks as a style sheet would make it look, in every theme, with and without the focus."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.widget import Widget

from poolscope.tui.theme import DARK, LIGHT
from poolscope.tui.widgets.line_view import LineView
from poolscope.tui.widgets.palette import ROLES, Role

THEMES = (DARK.name, LIGHT.name, "ansi-dark", "nord", "solarized-light")


def rules_of(role: Role) -> str:
    """Write ROLE as a style sheet would."""
    parts = (("color", role.color), ("background", role.background), ("text-style", role.text_style))
    return " ".join(f"{name}: {value};" for name, value in parts if value)


class Roles(Widget):
    """Has every role as a component class, for comparison."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"role--{name}" for name in ROLES}
    DEFAULT_CSS = "".join(f"Roles > .role--{name} {{ {rules_of(role)} }}" for name, role in ROLES.items())


class Both(App[None]):
    """A view and its comparison on the same background."""

    CSS = "LineView, Roles { background: $panel; text-style: italic; height: 5; }"

    def compose(self) -> ComposeResult:
        yield LineView()
        yield Roles()


async def test_roles_look_as_a_style_sheet_would_make_them() -> None:
    app = Both()
    app.register_theme(DARK)
    app.register_theme(LIGHT)
    async with app.run_test() as pilot:
        view, reference = app.query_one(LineView), app.query_one(Roles)
        for theme in THEMES:
            app.theme = theme
            await pilot.pause()
            for name in ROLES:
                assert view.style_of(name) == reference.get_component_rich_style(f"role--{name}"), (theme, name)


async def test_the_cursor_tells_whether_keys_go_to_it() -> None:
    app = Both()
    async with app.run_test() as pilot:
        view = app.query_one(LineView)
        line = (("marked", ""),)
        app.screen.set_focus(None)
        await pilot.pause()
        idle = view.strip_of(line, 10, is_cursor=True)
        view.focus()
        await pilot.pause()
        focused = view.strip_of(line, 10, is_cursor=True)
        assert {segment.style for segment in idle} == {view.style_of("cursor")}
        assert {segment.style for segment in focused} == {view.style_of("focused-cursor")}
        assert view.style_of("cursor") != view.style_of("focused-cursor")
