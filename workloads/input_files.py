"""Inputs from files: lines, JSON records, rows of a table; what is wrong is told with file and line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from .errors import UsageError
from .text import clean

_SHOWN = 60


def lines(path: str, shown: str) -> Iterator[str]:
    """Yield the lines of a text file without their ends; empty ones are left out.

    Raises:
        UsageError: If the file cannot be read, or a line is not UTF-8.
    """
    for _, line in _numbered(path, shown):
        if line:
            yield line


def _numbered(path: str, shown: str) -> Iterator[tuple[int, str]]:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            for number, data in enumerate(file, 1):
                try:
                    line = data.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise UsageError(
                        f"{shown}, line {number}, is not UTF-8 text: byte {data[error.start]:#04x} at its character "
                        f"{error.start + 1} is wrong."
                    ) from None
                yield number, line.rstrip("\r\n")
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {(error.strerror or 'unknown reason').lower()}.") from None


def records(path: str, shown: str) -> Iterator[Any]:
    """Yield the JSON values of a file that has one a line.

    Raises:
        UsageError: If a line is none.
    """
    from json import JSONDecodeError, loads

    for number, line in _numbered(path, shown):
        if not line.strip():
            continue
        try:
            yield loads(line)
        except JSONDecodeError as error:
            said = f"{error.msg[:1].lower()}{error.msg[1:]} at character {error.colno}"
            raise UsageError(f"{shown}, line {number}, is no JSON: {said}.") from None
        except (RecursionError, ValueError) as error:
            raise UsageError(f"{shown}, line {number}, cannot be read: {clean(str(error), _SHOWN)}.") from None


def rows(path: str, shown: str, names: Collection[str] = ()) -> Iterator[dict[str, Any] | tuple[Any, ...]]:
    """Yield the rows of a table: by name where its first row names arguments of the function, else in order.

    Cells that are numbers become numbers. A first row of names above numbers is a heading, and no row.

    Args:
        path: Of the file; tabs part its cells if it ends in ``.tsv``, commas otherwise.
        shown: What it is called in sentences.
        names: Of the function's arguments.

    Raises:
        UsageError: If a row has other columns than the first, or a column names no argument though another does.
    """
    width = 0
    header: list[str] | None = None
    kept: list[str] | None = None
    """The first row, as long as it may be a heading."""
    for line, row in _cells(path, shown):
        if not width:
            width = len(row)
            header = _header([cell.strip() for cell in row], shown, line, names)
            if header is None and _may_be_heading(row):
                kept = row
            if header is not None or kept is not None:
                continue
        if len(row) != width:
            columns = f"{len(row)} column{'' if len(row) == 1 else 's'}"
            raise UsageError(f"{shown}, line {line}, has {columns} instead of {width}.")
        values = [cell_value(cell) for cell in row]
        if kept is not None:
            if all(isinstance(value, str) for value in values):
                yield tuple(kept)
            kept = None
        yield tuple(values) if header is None else dict(zip(header, values, strict=True))
    if kept is not None:
        yield tuple(kept)


def _cells(path: str, shown: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, with the numbers of their last lines."""
    import csv

    delimiter = "\t" if path.lower().endswith(".tsv") else ","
    reader = csv.reader((f"{line}\n" for _, line in _numbered(path, shown)), delimiter=delimiter)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise UsageError(f"{shown}, line {reader.line_num}, cannot be read: {clean(str(error), _SHOWN)}.") from None


def _may_be_heading(row: list[str]) -> bool:
    return len(set(row)) == len(row) and all(cell.strip() and cell_value(cell) == cell for cell in row)


def _header(row: list[str], shown: str, line: int, names: Collection[str]) -> list[str] | None:
    """The first row, if it names arguments of the function."""
    if not set(row) & set(names):
        return None
    from .parameters import listed, nearest_name

    for number, name in enumerate(row):
        if name in row[:number]:
            raise UsageError(f"{shown}, line {line}, has the column {clean(name, _SHOWN)} twice.")
        if name not in names:
            meant = nearest_name(name, [other for other in names if other not in row])
            hint = f"; did you mean {meant}?" if meant else f": it takes {listed(names)}."
            raise UsageError(
                f"The column {clean(name, _SHOWN) or 'without a name'} of {shown}, line {line}, is no argument of the "
                f"function{hint}"
            )
    return row


def cell_value(cell: str) -> Any:
    """Read a number where there is one, as Python writes them; otherwise the text."""
    text = cell.strip()
    if text[:1].isdecimal() or text[:1] in "+-.":
        for kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                continue
    return cell
