"""The README's keys are those that there are."""

from __future__ import annotations

import re
from pathlib import Path

from poolscope.tui.commands import COMMANDS, ON_COMPARED, ON_FINDINGS, ON_HISTORY, ON_STUDY, key_name
from poolscope.tui.panels.timeline_keys import KEYS

README = (Path(__file__).parents[2] / "README.md").read_text()
SECTIONS = "".join(
    README.partition(f"\n{heading}\n")[2].partition("\n## ")[0] for heading in ("## The screen", "### Any moment again")
)
NAMED = set(re.findall(r"`(\S|space|ctrl\+p)`", SECTIONS))


def test_every_key_of_the_readme_exists() -> None:
    commands = (*COMMANDS, *ON_STUDY, *ON_FINDINGS, *ON_HISTORY, *ON_COMPARED)
    keys = {key_name(key) for command in commands for key in command.keys}
    keys |= {key_name(key) for binding in KEYS for key in binding.key.split(",")}
    assert {name.replace("ctrl+", "^") for name in NAMED} <= keys
    assert len(NAMED) > 40


def test_every_command_of_the_lab_is_in_the_readme() -> None:
    named = {name.replace("ctrl+", "^") for name in NAMED}
    missing = {command.id for command in COMMANDS if not named & {key_name(key) for key in command.keys}}
    assert missing == {"next_panel", "previous_panel"}  # said in words: Tab
