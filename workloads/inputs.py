"""Inputs as a person writes them: a literal or a range, a file's lines or rows, files by a pattern, a generator.

Nothing is ever evaluated: ``range(10, 5_000_000)``, numbers, texts and collections of them are read as data, and every
other expression is refused with a sentence. A generator is a person's code, so it is only called where that may run:
in the probe and in runners.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .errors import UsageError
from .text import clean

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_INPUTS = 10_000_000
"""Inputs that are held, all but those of a range, which takes no room."""
MOST_OF_RANGE = 10**15
_LONGEST_LITERAL = 1_000_000
"""Characters of a literal that are looked at."""
_PATTERN = "*?["
_TABLES = (".csv", ".tsv")
_RECORDS = (".jsonl", ".ndjson")
_SHOWN = 80
_WAYS = (
    "write a literal such as '[1, 2, 3]' or 'range(100)', @FILE for its lines or rows, a pattern of files such as "
    "'data/*.txt', or file.py:generator"
)


class InputSource(NamedTuple):
    """Where inputs come from."""

    kind: Literal["literal", "lines", "records", "table", "files", "code"]
    text: str
    """The literal, the file, the pattern, or ``module:name``."""


class Inputs(NamedTuple):
    """What the tasks are called with."""

    items: Sequence[Any]
    are_rows: bool = False
    """Whether they are rows of a table, whose columns are arguments."""
    origin: str = ""
    """Where they are from, in a few words: ``data.csv``."""
    are_made: bool = False
    """Whether a function of the person's was called for them, rather than a collection taken."""


class Choice(NamedTuple):
    """Which of the inputs are taken."""

    limit: int | None = None
    """So many from the beginning; None means all."""
    sample: int | None = None
    """So many of these at random, in their order; None means all."""
    seed: int = 0
    """The same seed takes the same ones, in every lane and on every day."""


def parse_inputs(text: str, directory: str) -> InputSource:
    """Find out what TEXT means, and refuse what can be refused at once.

    Args:
        text: As it was written.
        directory: Against which paths are resolved.

    Raises:
        UsageError: In one sentence: what is wrong, and what would be right.
    """
    given = text.strip()
    if not given or "\0" in given:
        raise UsageError(f"--inputs {'is empty' if not given else 'holds a NUL character'}: {_WAYS}.")
    if given.startswith("@"):
        return _file(given[1:], directory)
    if given.endswith((*_TABLES, *_RECORDS)) and not set(_PATTERN) & set(given):
        return _file(given, directory)
    if _looks_like_code(given):
        return InputSource("code", given)
    try:
        literal(given)
    except UsageError:
        is_list = given.startswith("[") and given.endswith("]")  # though it may match a file of one letter
        if set(_PATTERN) & set(given) and not is_list and not given.startswith(("range(", "(", "{")):
            found = matching(given, directory, most=1)
            if found or not given.startswith("["):
                if not found:
                    raise UsageError(_no_match(given, directory)) from None
                return InputSource("files", given)
        elif os.path.exists(os.path.join(directory, given)):  # noqa: PTH110, PTH118
            shown = clean(given, _SHOWN)
            raise UsageError(f"--inputs {shown} is one file: write @{shown} for its lines, one task each.") from None
        raise
    return InputSource("literal", given)


def _looks_like_code(text: str) -> bool:
    where, colon, name = text.rpartition(":")
    if not colon or not all(part.isidentifier() for part in name.split(".")):
        return False
    return where.endswith(".py") or all(part.isidentifier() for part in where.split("."))


def _file(name: str, directory: str) -> InputSource:
    shown = clean(name, 200)
    path = os.path.join(directory, os.path.expanduser(name))  # noqa: PTH111, PTH118
    if not name:
        raise UsageError("--inputs @ names no file: write @FILE, such as @words.txt.")
    if os.path.isdir(path):  # noqa: PTH112
        raise UsageError(f"--inputs @{shown} is a directory: write a pattern of its files, such as '{shown}/*'.")
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113 - to open a pipe may take for ever
        raise UsageError(
            f"--inputs @{shown} is no ordinary file, which every run could read anew: write what it gives to one."
        )
    try:
        with open(path, "rb"):  # noqa: PTH123
            pass
    except OSError as error:
        raise UsageError(_unreadable(shown, path, error)) from None
    lower = name.lower()
    if lower.endswith(_TABLES):
        return InputSource("table", path)
    return InputSource("records" if lower.endswith(_RECORDS) else "lines", path)


def _unreadable(shown: str, path: str, error: OSError) -> str:
    from .parameters import nearest_name

    if not isinstance(error, FileNotFoundError):
        return f"--inputs @{shown} cannot be read: {(error.strerror or 'unknown reason').lower()}."
    parent, name = os.path.split(path)
    try:
        with os.scandir(parent) as entries:
            others = [entry.name for entry in islice(entries, 2_000) if entry.name != name]  # a link to nothing is one
            meant = nearest_name(name, others)
    except OSError:
        meant = None
    similar = os.path.join(os.path.dirname(shown), clean(meant, _SHOWN)) if meant else None  # noqa: PTH118, PTH120
    return f"--inputs @{shown} does not exist{f'; did you mean @{similar}?' if similar else '.'}"


def matching(pattern: str, directory: str, most: int = MOST_INPUTS) -> list[str]:
    """List the files that match a PATTERN, in order; paths are as the pattern has them."""
    from glob import iglob

    expanded = os.path.expanduser(pattern)  # noqa: PTH111
    found: list[str] = []
    for name in iglob(expanded, root_dir=directory, recursive=True):  # noqa: PTH207 - that of `pathlib` cannot
        if os.path.isfile(os.path.join(directory, name)):  # noqa: PTH113, PTH118
            found.append(name)
            if len(found) >= most:
                break
    return sorted(found)


def _no_match(pattern: str, directory: str) -> str:
    head = os.path.dirname(pattern)  # noqa: PTH120
    while set(_PATTERN) & set(head):
        head = os.path.dirname(head)  # noqa: PTH120
    shown = clean(pattern, _SHOWN)
    if head and not os.path.isdir(os.path.join(directory, os.path.expanduser(head))):  # noqa: PTH111, PTH112, PTH118
        return f"--inputs '{shown}' matches no file: there is no directory {clean(head, _SHOWN)}."
    return f"--inputs '{shown}' matches no file."


def literal(text: str) -> Sequence[Any]:
    """Read a literal collection or a range.

    Raises:
        UsageError: If it is neither; it says where and what.
    """
    if len(text) > _LONGEST_LITERAL:
        raise UsageError(f"--inputs has {len(text):,} characters: put the inputs into a file, and write @FILE.")
    try:
        node = ast.parse(text.strip(), mode="eval").body
        value = _value(node)
    except UsageError:
        raise
    except SyntaxError as error:
        where = f" (character {error.offset})" if error.offset else ""
        raise UsageError(f"--inputs {clean(text, _SHOWN)} cannot be read{where}: {_WAYS}.") from None
    except (ValueError, TypeError, RecursionError, MemoryError, OverflowError) as error:
        raise UsageError(f"--inputs {clean(text, _SHOWN)} cannot be read: {clean(str(error), 100)}.") from None
    if isinstance(value, range | list | tuple):
        return value
    if isinstance(value, set | frozenset | dict):
        raise UsageError(f"--inputs {clean(text, _SHOWN)} has no order: write a list, in [ ].")
    if isinstance(value, int) and not isinstance(value, bool):
        raise UsageError(
            f"--inputs {value} is one number: write range({value}) for so many, or [{value}] for one task."
        )
    raise UsageError(f"--inputs {clean(text, _SHOWN)} is one value: write a list of them, in [ ].")


def _value(node: ast.expr) -> Any:
    """Value of an expression that has nothing but literals and ranges in it."""
    if isinstance(node, ast.List):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(_value(item) for item in node.elts)
    if isinstance(node, ast.Call):
        return _range(node)
    try:
        return ast.literal_eval(node)
    except ValueError:
        where = f"{ast.unparse(node)[:60]}"
        raise UsageError(
            f"--inputs has {clean(where, 60)} in it, which is not evaluated: only literals and range(...) are read."
        ) from None


def _range(node: ast.Call) -> range:
    if not (isinstance(node.func, ast.Name) and node.func.id == "range"):
        shown = clean(ast.unparse(node.func)[:60], 60)
        raise UsageError(f"--inputs calls {shown}, and nothing is called: only literals and range(...) are read.")
    numbers = [] if node.keywords else [_value(argument) for argument in node.args]
    if not 1 <= len(numbers) <= 3 or any(type(number) is not int for number in numbers):
        raise UsageError("--inputs has a range that is wrong: write range(stop), range(start, stop) or with a step.")
    if len(numbers) == 3 and numbers[2] == 0:
        raise UsageError("--inputs has a range whose step is 0: write another.")
    if any(abs(number) > MOST_OF_RANGE for number in numbers):
        raise UsageError(f"--inputs has a range beyond {MOST_OF_RANGE:,}: write a smaller one.")
    return range(*numbers)


def build_inputs(source: InputSource, choice: Choice, directory: str, names: Collection[str] = ()) -> Inputs:
    """Make the inputs; only where a person's code may run.

    Args:
        source: What `parse_inputs` found.
        choice: Which of them are taken.
        directory: Against which paths are resolved.
        names: Of the function's arguments, among which the columns of a table are sought.

    Raises:
        UsageError: If a file is damaged, a generator fails, or there is no input at all.
    """
    from . import input_files

    origin = os.path.relpath(source.text, directory) if source.kind in ("lines", "records", "table") else ""
    are_rows, are_made = source.kind == "table", False
    values: Iterable[Any]
    if source.kind == "literal":
        values = literal(source.text)
    elif source.kind == "files":
        found = matching(source.text, directory)
        # Tasks open them from the current directory, wherever the pattern was registered.
        is_here = os.path.samefile(directory, os.curdir)  # noqa: PTH121
        values = found if is_here else [os.path.join(directory, name) for name in found]  # noqa: PTH118
    elif source.kind == "code":
        from .input_code import made_by

        (values, are_made), origin = made_by(source.text, directory), clean(source.text, _SHOWN)
    elif are_rows:
        values = input_files.rows(source.text, clean(origin, 200), names)
    else:
        read = input_files.records if source.kind == "records" else input_files.lines
        values = read(source.text, clean(origin, 200))
    items = chosen(values, choice, origin or clean(source.text, _SHOWN))
    if not len(items):
        raise UsageError(f"--inputs {origin or clean(source.text, _SHOWN)} gives no input.")
    return Inputs(items, are_rows, origin, are_made)


def chosen(values: Iterable[Any], choice: Choice, origin: str = "the inputs") -> Sequence[Any]:
    """Take those of the VALUES that were chosen, and hold them.

    Raises:
        UsageError: If there are too many to hold, or there is no end to them.
    """
    limit, sample, seed = choice
    if not isinstance(values, range | list | tuple):
        if limit is None:
            held = list(islice(values, MOST_INPUTS + 1))
            if len(held) > MOST_INPUTS:
                raise UsageError(
                    f"--inputs {origin} gives more than {MOST_INPUTS:,} inputs, or has no end: --limit takes the first."
                )
            values = held
        else:
            values = list(islice(values, limit))
    items = values if limit is None else values[:limit]
    if sample is None or sample >= len(items):
        return items
    from random import Random

    # No secret depends on it: the same seed has to take the same ones.
    places = sorted(Random(seed).sample(range(len(items)), sample))  # noqa: S311
    return [items[place] for place in places]
