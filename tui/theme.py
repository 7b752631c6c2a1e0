"""The project's own two themes: calm, with the same roles in the dark and in the light."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="poolscope-dark",
    primary="#6fb3d2",
    secondary="#b996e8",
    accent="#e6c07b",
    foreground="#d5dbe3",
    background="#12161c",
    surface="#181d25",
    panel="#222a35",
    success="#86c28b",
    warning="#dba75c",
    error="#e2707e",
    dark=True,
    variables={
        "border": "#6fb3d2",
        "border-blurred": "#36414f",
        "input-selection-background": "#6fb3d2 35%",
        "footer-key-foreground": "#6fb3d2",
    },
)
LIGHT = Theme(
    name="poolscope-light",
    primary="#1b6a8f",
    secondary="#7a3fb3",
    accent="#8a5a00",
    foreground="#23282e",
    background="#f7f5f0",
    surface="#f0ede6",
    panel="#e3dfd5",
    success="#2b7a3f",
    warning="#a35f00",
    error="#b3273e",
    dark=False,
    variables={
        "border": "#1b6a8f",
        "border-blurred": "#c3bdb0",
        "input-selection-background": "#1b6a8f 25%",
        "footer-key-foreground": "#1b6a8f",
    },
)
