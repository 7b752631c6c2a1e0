"""What a measured program writes and is called cannot reach the terminal as anything but visible text."""

from __future__ import annotations

import re
from pathlib import Path

from support.lab import OpenLab
from support.terminal import Terminal

ATTACKS = {
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "question": "\x1bP$qm\x1b\\",
    "C1 sequence": "\x9b31mowned",
    "C1 title": "\x9d0;owned\x9c",
    "direction": "\u202eowned\u2066",
    "invisible": "own\u200bed",
    "markup": "[/bold] [bold red] [@click=app.quit]owned[/]",
    "bell and delete": "\x07\x08\x7f\x15",
    "nothing": "a\0b",
}
PROGRAM = f"""
import os, sys
if "POOLSCOPE_RECORDER" in os.environ:
    import multiprocessing.process
    attacks = {list(ATTACKS.values())!r}
    for attack in attacks:
        sys.stdout.write("begin " + attack + " end\\n")
        sys.stderr.write("begin " + attack + " end\\n")
    sys.stdout.buffer.write(b"begin \\xff\\xfe\\x80 end\\n")
    sys.stdout.buffer.write(b"x" * 1_000_000 + b"\\nlast line\\n")
    sys.stdout.flush()
    sys.stderr.flush()
    original = multiprocessing.process.BaseProcess.start
    def start(process):
        process.name = "evil" + "".join(attacks) + "\\nname"
        return original(process)
    multiprocessing.process.BaseProcess.start = start
"""
SEQUENCE = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[78=>]|\x1b\][0-9]+;[ -~]*(?:\x07|\x1b\\)")
HIDDEN = "|".join("\u200b\u202e\u2066").encode()
PAYLOAD = re.compile(rb"\x1b\]0;owned|\x1b\]52|\x1bP|\xc2[\x80-\x9f]|" + HIDDEN)
CONTROL = re.compile(rb"[\0-\x09\x0b\x0c\x0e-\x1f\x7f]")


def sequences_left(raw: bytes) -> set[str]:
    """Return what is in the byte stream beside printable text and the program's own cursor and colour sequences.

    Each is shown with what stands around it.
    """
    found = {repr(raw[max(0, match.start() - 20) : match.end() + 20]) for match in PAYLOAD.finditer(raw)}
    plain = SEQUENCE.sub(b"", raw)
    return found | {repr(plain[max(0, sign.start() - 20) : sign.end() + 20]) for sign in CONTROL.finditer(plain)}


def test_the_check_sees_attacks() -> None:
    for attack in ATTACKS.values():
        if attack != ATTACKS["markup"]:
            assert sequences_left(b"\x1b[1mtext\x1b[0m" + attack.encode("utf-8", "surrogatepass"))
    assert not sequences_left(b"\x1b[?25l\x1b[38;2;1;2;3mtext\r\n")


def evil_world(tmp_path: Path) -> dict[str, str | None]:
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "sitecustomize.py").write_text(PROGRAM)
    return {"PYTHONPATH": str(tmp_path / "evil"), "PYTHONIOENCODING": "utf-8:surrogateescape"}


def test_on_the_screen(open_lab: OpenLab, tmp_path: Path) -> None:
    lab = open_lab(environment=evil_world(tmp_path))
    lab.wait_ready()
    lab.choose("eight-roots")
    lab.set_field("eight-roots", "pause", "0")
    lab.press("r", "7", "z")
    lab.wait_until("last line")
    lab.press("/")
    lab.wait_until("text to look for")
    lab.type_text("begin")
    lab.wait_until("/ begin")
    lab.press("enter")
    lab.wait_until("l Level")  # keys are no longer typed into the filter
    lab.wait_until(lambda text: text.count("begin") > 5 and "[/bold] [bold red] [@click=app.quit]owned[/]" in text)
    lab.press("6")
    lab.wait_until("evil")
    lab.press("2")
    lab.wait_until(lambda text: re.search(r"B is .*(slower|faster|as fast)", text))
    lab.press("z", "q")
    assert lab.wait_exit() == 0
    assert sequences_left(lab.raw) == set()
    assert lab.disorder() == []


def test_in_a_headless_run(command: Path, tmp_path: Path) -> None:
    words = [str(command), "run", "eight-roots", "-p", "pause=0", "-v"]
    with Terminal(words, environment=evil_world(tmp_path)) as terminal:
        assert terminal.wait_exit() == 0
        assert b"begin" in terminal.raw
        assert sequences_left(terminal.raw) == set()


def test_in_an_error(command: Path, tmp_path: Path) -> None:
    for attack in ATTACKS.values():
        place = f"directory={tmp_path}/{attack}".replace("\0", "")
        with Terminal([str(command), "run", "wordcount", "-p", place]) as terminal:
            assert terminal.wait_exit() == 2
            assert sequences_left(terminal.raw) == set()
