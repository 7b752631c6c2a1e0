"""Everything that the screen can be told to do: the one declaration behind keys, footer, palette and help."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from textual.binding import Binding


class Command(NamedTuple):
    """One thing to do. The app (or the lab screen) has an action of the same name."""

    id: str
    """Name of the action, and of the binding in a person's own key map."""
    keys: tuple[str, ...]
    """Textual key names; all of them do the same, unless `each_key` is set."""
    title: str
    """For the palette: a few words, sentence case."""
    help: str
    """For the palette and the help: a whole sentence."""
    footer: str = ""
    """One word for the footer; "" keeps it out."""
    shown_key: str = ""
    """How the keys are written where they are shown; "" means the first key's own name."""
    footer_key: str = ""
    """How keys are written in the footer where it names those of two commands in one; "" means as everywhere."""
    each_key: bool = False
    """The action takes the key that was pressed as its argument."""
    in_palette: bool = True
    panel: int = 0
    """Digit of the panel whose own it is: there it comes first in footer and help. 0 means none's."""
    only_there: bool = False
    """Whether its keys work in that panel alone."""
    is_urgent: bool = False
    """Carried out before the focused widget sees the key, so that keys typed at once after it find the new focus."""

    @property
    def key_text(self) -> str:
        """The key as people write it."""
        return self.shown_key or key_name(self.keys[0])

    def bindings(self) -> list[Binding]:
        """Return what Textual needs to know about the keys."""
        if self.each_key:
            return [
                self._binding(key, f"{self.id}({key if key.isdigit() else repr(key)})", f"{self.id}-{key}")
                for key in self.keys
            ]
        return [self._binding(",".join(self.keys), self.id, self.id)]

    def _binding(self, keys: str, action: str, name: str) -> Binding:
        return Binding(
            keys,
            action,
            self.footer or self.title,
            id=name,
            show=bool(self.footer),
            priority=self.is_urgent,
            tooltip=self.help,
            key_display=self.shown_key or None,
        )


COMMANDS: tuple[Command, ...] = (
    Command("run", ("r", "f5"), "Run all lanes", "Run every lane, one after the other, and compare them.", "Run"),
    Command("show_page", ("i",), "About the workload", "Open the page of the chosen workload: what it shows, what to "
            "watch, what to expect, what to try next.", panel=1),
    Command("show_source", ("s",), "Source of the workload", "Show the source of the chosen workload.", "Source",
            panel=1, only_there=True),
    Command("choose_function", ("m",), "A function of your own", "List the functions of a file or module of yours, and "
            "put one into the list of workloads.", "My function", panel=1),
    Command("show_view", ("v",), "Picture or queues, large", "Show the picture that the workers draw, or how full the "
            "queues are, on the whole screen.", "View", panel=1),
    Command("cancel", ("c",), "Cancel the run", "Stop the run that is under way; what was measured stays.", "Cancel"),
    Command("show_study", ("b", "B"), "Break-even, scaling, chunks", "Find out from which size on the second lane "
            "pays, how far more workers help, and which chunk size is best.", "Break-even"),
    Command("show_findings", ("w", "W"), "Why it is so", "Say why the lanes differ: causes with their evidence, "
            "what to do, and the code to paste.", "Why"),
    Command("show_history", ("C",), "Compare with past runs", "List the comparisons of the past, and compare two of "
            "them.", "Compare"),
    Command("add_lane", ("a",), "Add a lane", "Add a lane, to compare one more way of running the same work.", "Add",
            panel=2),
    Command("edit_lane", ("e",), "Edit a lane", "Change the engine or any setting of the lane under the cursor.",
            "Edit", panel=2),
    Command("choose_preset", ("p",), "Lanes from a preset", "Take the lanes of a comparison that is often wanted, such "
            "as serial against pool, or three start methods.", "Presets", panel=2),
    Command("repeat", ("R",), "Runs of each lane", "Choose how often each lane is run: once, 5 or 10 times, or until "
            "its ratio to the first one is known.", panel=2),
    Command("toggle_lane", ("o",), "Switch a lane off or on", "Switch the lane under the cursor off, or on again; it "
            "keeps its place and its settings.", "Off/on", panel=2, only_there=True),
    Command("duplicate_lane", ("y",), "Copy a lane", "Copy the lane under the cursor, and change the copy.", "Copy",
            panel=2, only_there=True),
    Command("remove_lane", ("d", "delete"), "Remove a lane", "Remove the lane under the cursor from the comparison.",
            "Remove", panel=2, only_there=True),
    Command("raise_lane", ("K", "shift+up"), "Move a lane up", "Move the lane under the cursor up; the first one is "
            "the reference.", panel=2, only_there=True),
    Command("lower_lane", ("J", "shift+down"), "Move a lane down", "Move the lane under the cursor down.", "Move",
            footer_key="K J", panel=2, only_there=True),
    Command("undo_lanes", ("u",), "Undo a change of the lanes", "Have the lanes as they were before the last change of "
            "them.", "Undo", panel=2, only_there=True),
    Command("show_outcome", ("x",), "What came of it", "Show all of the result of every lane, the one under the cursor "
            "first, and where tasks raised, which ones, with the traceback.", panel=2, only_there=True),
    Command("toggle_playing", ("space",), "Play or hold", "Play from the moment shown, or hold it; of "
            "what goes on live, hold this moment: the run itself goes on.", "Play", "space"),
    Command("step_back", ("comma",), "Step back", "Show the moment of the event before, and hold it."),
    Command("step_on", ("full_stop",), "Step on", "Show the moment of the next event, and hold it.", "Step",
            footer_key=", ."),
    Command("slower", ("less_than_sign",), "Play slower", "Play slower, down to a tenth of the speed."),
    Command("faster", ("greater_than_sign",), "Play faster", "Play faster, up to 100 times the speed.", "Speed",
            footer_key="< >"),
    Command("seek", ("g",), "Go to a time", "Type a time of the run, and show that moment.", "Go to"),
    Command("go_to_begin", ("left_square_bracket",), "Go to the beginning", "Show the beginning of the run."),
    Command("go_to_end", ("right_square_bracket",), "Go to the end", "Show the end; follow a run that goes on again.",
            "End"),
    Command("search", ("slash",), "Search the log", "Filter the log by a text, from wherever you are.", "Search", "/"),
    Command("zoom", ("z",), "Zoom the panel", "Give the focused panel the whole screen, and back.", "Zoom"),
    Command("jump", ("1", "2", "3", "4", "5", "6", "7"), "Jump to a panel", "Jump to the panel with that number.",
            "Panel", "1-7", each_key=True, in_palette=False),
    Command("next_panel", ("tab",), "Next panel", "Go on to the next field or panel.", in_palette=False,
            is_urgent=True),
    Command("previous_panel", ("shift+tab",), "Previous panel", "Go back to the field or panel before.",
            in_palette=False, is_urgent=True),
    Command("toggle_theme", ("t",), "Light or dark", "Change between the light and the dark theme."),
    Command("explain", ("question_mark", "f1"), "Help", "Explain the focused panel: what it shows, what the shapes "
            "mean, its keys.", "Help", "?"),
    Command("ask_quit", ("q", "ctrl+q", "ctrl+c"), "Quit", "Leave; asks first while something runs.", "Quit", "q"),
    Command("command_palette", ("ctrl+p",), "Commands", "Find a command by its name.", "Commands", "^p",
            in_palette=False),
)  # fmt: skip
"""In the order in which the footer and the help show them."""

_BACK = Command("leave", ("escape", "q", "ctrl+q", "ctrl+c"), "Back", "Go back to the lab; what goes on goes on.",
                "Back", "esc")  # fmt: skip
_SCROLL = Command("scroll", ("up", "down", "k", "j", "pageup", "pagedown", "home", "end"), "Scroll",
                  "Scroll by a line, by a page, or to an end.", shown_key="up down", each_key=True,
                  in_palette=False)  # fmt: skip
_ABOUT = (
    Command("toggle_theme", ("t",), "Light or dark", "Change between the light and the dark theme."),
    Command("explain", ("question_mark", "f1"), "Help", "Explain this screen, and its keys.", "Help", "?"),
    _BACK,
    Command("command_palette", ("ctrl+p",), "Commands", "Find a command by its name.", "Commands", "^p",
            in_palette=False),
)  # fmt: skip
"""What every sheet can do."""

ON_STUDY: tuple[Command, ...] = (
    Command("start", ("r", "f5", "enter"), "Measure", "Begin to measure; a study that was made before is made anew.",
            "Measure"),
    Command("cancel", ("c",), "Cancel", "Stop measuring; what was measured stays.", "Cancel"),
    Command("copy", ("y",), "Copy the code", "Copy the code that is advised to the clipboard, as plain text.",
            "Copy the code"),
    Command("kind", ("1", "2", "3", "4"), "Another study", "Go to break-even, scaling, chunk sizes or advice.", "Study",
            "1-4", each_key=True, in_palette=False),
    Command("step_kind", ("tab", "shift+tab", "right", "left"), "Next study", "Go on to the next study, or back to the "
            "one before.", shown_key="tab", each_key=True, in_palette=False, is_urgent=True),
    _SCROLL, *_ABOUT,
)  # fmt: skip
ON_FINDINGS: tuple[Command, ...] = (
    Command("copy", ("y",), "Copy the code", "Copy the code to the clipboard, as plain text.", "Copy the code"),
    Command("show_page", ("enter",), "More about a finding", "Show or hide the help pages of the findings.",
            "More", "enter"),
    _SCROLL, *_ABOUT,
)  # fmt: skip
ON_HISTORY: tuple[Command, ...] = (
    Command("tag", ("space",), "Tag", "Tag the comparison under the cursor, or take its tag off; two can be tagged.",
            "Tag", "space"),
    Command("compare", ("enter",), "Compare", "Compare the two that are tagged; or one with that under the cursor.",
            "Compare", "enter"),
    Command("filter", ("f",), "One workload only", "Show only comparisons of the workload under the cursor, or all "
            "again.", "Filter"),
    Command("refresh", ("r", "f5"), "Read again", "Read the history again.", "Read again"),
    *_ABOUT,
)  # fmt: skip
ON_COMPARED: tuple[Command, ...] = (
    Command("swap", ("x",), "Swap", "Swap the two: the other one becomes the one that is compared with.", "Swap"),
    _SCROLL, *_ABOUT,
)  # fmt: skip
"""On the sheets, in the order in which their footers and help show them."""

OF_LANES = tuple(command.id for command in COMMANDS if command.panel == 2)
"""Those that choose lanes."""

OF_WORKLOADS = tuple(command.id for command in COMMANDS if command.panel == 1)
"""Those that choose workloads."""

OF_SHEETS = ("show_study", "show_findings", "show_history")
"""Those that open a sheet of their own over the lab."""

OF_LAB = ("run", *OF_WORKLOADS, *OF_LANES, *OF_SHEETS)
"""Those that choose and run lanes."""

OF_TRANSPORT = (
    "toggle_playing", "step_back", "step_on", "slower", "faster", "seek", "go_to_begin", "go_to_end",
)  # fmt: skip
"""Those that go about in the past."""


def find(name: str) -> Command:
    """Return the command called NAME.

    Raises:
        KeyError: There is none.
    """
    for command in COMMANDS:
        if command.id == name:
            return command
    raise KeyError(name)


_KEY_NAMES = {
    "slash": "/", "question_mark": "?", "escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "plus": "+",
    "minus": "-", "comma": ",", "full_stop": ".", "less_than_sign": "<", "greater_than_sign": ">",
    "equals_sign": "=", "underscore": "_",
    "left_square_bracket": "[", "right_square_bracket": "]",
}  # fmt: skip


def key_name(keys: str) -> str:
    """Write the first of Textual's key names, separated by commas, as people know it: ``esc``, ``^p``, ``?``."""
    key = keys.partition(",")[0]
    prefix = ""
    while "+" in key[1:]:
        modifier, _, key = key.partition("+")
        prefix += "^" if modifier == "ctrl" else f"{modifier}+"
    return prefix + _KEY_NAMES.get(key, key)


def bindings(commands: Iterable[Command] = COMMANDS) -> list[Binding]:
    """Return the bindings of COMMANDS, for the class that carries them out."""
    return [binding for command in commands for binding in command.bindings()]
