"""Workloads that a project has registered, in its ``pyproject.toml`` or through an installed package's entry points.

In ``pyproject.toml``, of the current directory or of one above it::

    [tool.poolscope.workloads.thumbnails]
    function = "images.py:shrink"
    inputs = "photos/*.jpg"
    summary = "small copies of all photos"

In a package's own, a name and a function of it; the inputs are given when it is run::

    [project.entry-points."poolscope.workloads"]
    shrink = "images:shrink"

Nothing of them is imported to be listed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import UsageError
from .parameters import listed, nearest_name
from .text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .target import Target

GROUP = "poolscope.workloads"
_LARGEST = 1 << 20
_MOST = 1_000
_KEYS: dict[str, type] = {
    "function": str, "inputs": str, "summary": str, "limit": int, "sample": int, "seed": int, "star": bool,
}  # fmt: skip


class Entry(NamedTuple):
    """A registered workload."""

    name: str
    target: Target
    """Its inputs are "" where none were registered."""
    summary: str
    source: str
    """Who registered it: ``pyproject.toml`` or the name of a package."""


_known: dict[str, Mapping[str, Entry]] = {}


def registered(directory: str) -> Mapping[str, Entry]:
    """Find what is registered for a directory, by name; looked up once.

    Raises:
        UsageError: If the project's file cannot be read, or says something that makes no sense.
    """
    if directory not in _known:
        found = {entry.name: entry for entry in _of_packages(directory)}
        found |= {entry.name: entry for entry in _of_project(directory)}
        _known[directory] = found
    return _known[directory]


def _of_packages(directory: str) -> list[Entry]:
    from importlib.metadata import entry_points

    from .target import Target

    return [
        Entry(
            clean(point.name, 40),
            Target(point.value.partition("[")[0].strip().replace(" ", ""), "", directory),
            f"{clean(point.value, 60)}",
            clean(point.dist.name, 60) if point.dist is not None else "a package",
        )
        for point, _ in zip(entry_points(group=GROUP), range(_MOST), strict=False)
    ]


def _of_project(directory: str) -> list[Entry]:
    path = _project_file(directory)
    if path is None:
        return []
    import tomllib

    shown = os.path.relpath(path, directory)
    try:
        with path.open("rb") as file:
            content = tomllib.loads(file.read(_LARGEST).decode())
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {(error.strerror or 'unknown reason').lower()}.") from None
    except ValueError as error:
        raise UsageError(f"{shown} cannot be read: {clean(str(error), 200)}.") from None
    tool = content.get("tool", {})
    own = tool.get("poolscope", {}) if isinstance(tool, dict) else {}
    tables = _table(own, "tool.poolscope", ("workloads",), shown).get("workloads", {})
    if not isinstance(tables, dict):
        raise UsageError(f"[tool.poolscope.workloads] in {shown} is no table: write [tool.poolscope.workloads.NAME].")
    return [_entry(name, table, path, shown) for name, table in list(tables.items())[:_MOST]]


def _project_file(directory: str) -> Path | None:
    """The nearest ``pyproject.toml`` from a directory upwards, if it is ours to read."""
    for place in (Path(directory), *Path(directory).parents):
        path = place / "pyproject.toml"
        if os.path.isfile(path):  # noqa: PTH113 - that of `pathlib` raises where it may not look
            return path
    return None


def _table(value: Any, name: str, keys: tuple[str, ...], shown: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{name} in {shown} is no table: write [{name}].")
    for key in value:
        if key not in keys:
            meant = nearest_name(key, keys)
            hint = f"; did you mean {meant}?" if meant else f": it may have {listed(keys)}."
            raise UsageError(f"[{name}] in {shown} has {clean(key, 40)}, which means nothing{hint}")
    return value


def _entry(name: str, value: Any, path: Path, shown: str) -> Entry:
    from .catalogue import names
    from .target import Target

    title = f"tool.poolscope.workloads.{clean(name, 40)}"
    table = _table(value, title, tuple(_KEYS), shown)
    if name in names() or ":" in name or not name.strip():
        raise UsageError(f"[{title}] in {shown} has a name that is taken or cannot be written: choose another.")
    for key, given in table.items():
        if type(given) is not _KEYS[key]:
            wanted = {str: "a text", int: "a whole number", bool: "true or false"}[_KEYS[key]]
            raise UsageError(f"{key} of [{title}] in {shown} must be {wanted}.")
    if "function" not in table:
        raise UsageError(f'[{title}] in {shown} names no function: write function = "file.py:function".')
    for key in ("limit", "sample"):
        if table.get(key, 1) < 1:
            raise UsageError(f"{key} of [{title}] in {shown} must be at least 1.")
    target = Target(
        table["function"],
        table.get("inputs", ""),
        str(path.parent),
        table.get("limit"),
        table.get("sample"),
        table.get("seed", 0),
        star=table.get("star", False),
    )
    return Entry(name, target, table.get("summary", table["function"]), shown)
