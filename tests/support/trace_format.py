"""Checks a trace against the Trace Event Format, as strictly as its strictest reader.

The rules are those of the format's description and of Perfetto's importer: which fields each kind of event needs and
of which type, slices of a thread that overlap only by nesting (with times compared as exact decimals), counters with
numbers only, asynchronous slices that begin and end in pairs, names for every process and thread that is used.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

NEEDS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "X": {"name": str, "cat": str, "ts": Decimal, "dur": Decimal},
    "i": {"name": str, "cat": str, "ts": Decimal, "s": str},
    "C": {"name": str, "ts": Decimal, "args": dict},
    "b": {"name": str, "cat": str, "ts": Decimal, "id": str},
    "e": {"name": str, "cat": str, "ts": Decimal, "id": str},
    "M": {"name": str, "args": dict},
}
METADATA = {
    "process_name": ("name", str),
    "thread_name": ("name", str),
    "process_labels": ("labels", str),
    "process_sort_index": ("sort_index", int),
}
MOST_ID = 2**32


def checked_trace(data: bytes) -> list[dict[str, Any]]:
    """Check a whole trace, and return its events."""
    text = data.decode("utf-8")
    assert text.startswith('{"traceEvents":['), "readers look for the events first"
    content = json.loads(text, parse_float=Decimal)
    assert set(content) == {"traceEvents", "otherData"}
    assert all(isinstance(value, str | int) for value in content["otherData"].values())
    events = content["traceEvents"]
    for event in events:
        check_event(event)
    check_names(events)
    check_nesting(events)
    check_pairs(events)
    return list(events)


def check_event(event: dict[str, Any]) -> None:
    """Check the fields of one event."""
    needs = NEEDS[event["ph"]]
    for name, kind in needs.items():
        assert isinstance(event[name], kind), event
    for name in ("pid", "tid"):
        assert type(event[name]) is int, event
        assert 0 <= event[name] < MOST_ID, event
    for name in ("ts", "dur"):
        if name in event:
            assert event[name] >= 0, event
            assert event[name].as_tuple().exponent == -3, "three decimals are exact for every reader"
    assert all(isinstance(key, str) and key.isidentifier() for key in event.get("args", {})), event
    if event["ph"] == "C":
        assert event["args"], event
        assert all(isinstance(value, int | Decimal) and not isinstance(value, bool) for value in event["args"].values())
    if event["ph"] == "i":
        assert event["s"] in ("g", "p", "t")
    if event["ph"] == "M":
        key, kind = METADATA[event["name"]]
        assert set(event["args"]) == {key}, event
        assert isinstance(event["args"][key], kind), event


def check_names(events: list[dict[str, Any]]) -> None:
    """Check that whatever is used has exactly one name, and that names come before all else of it."""
    names: Counter[tuple[str, int, int]] = Counter()
    for event in events:
        if event["ph"] == "M":
            names[event["name"], event["pid"], event["tid"] if event["name"] == "thread_name" else 0] += 1
        else:
            assert names["process_name", event["pid"], 0], event
            if event["ph"] in "Xi":
                assert names["thread_name", event["pid"], event["tid"]], event
    assert set(names.values()) == {1}
    owners = defaultdict(set)
    for event in events:
        owners[event["tid"]].add(event["pid"])
    assert all(len(pids) == 1 for pids in owners.values()), "readers know a thread by its number alone"


def check_nesting(events: list[dict[str, Any]]) -> None:
    """Check that slices of a thread nest: taken by time, and by their order in the file where times are equal."""
    threads: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        if event["ph"] in "Xi":
            threads[event["pid"], event["tid"]].append(event)
    for slices in threads.values():
        slices.sort(key=lambda event: event["ts"])  # stable, as readers sort
        open_: list[dict[str, Any]] = []
        for event in slices:
            end = event["ts"] + event.get("dur", 0)
            while open_ and open_[-1]["ts"] + open_[-1]["dur"] <= event["ts"]:
                open_.pop()
            if open_:
                assert end <= open_[-1]["ts"] + open_[-1]["dur"], (open_[-1], event)
            if event.get("dur", 0) > 0:
                open_.append(event)


def check_pairs(events: list[dict[str, Any]]) -> None:
    """Check that asynchronous slices begin once and end once, not before."""
    begun: dict[tuple[str, str, str, int], Decimal] = {}
    ended = set()
    for event in events:
        if event["ph"] in "be":
            key = event["name"], event["cat"], event["id"], event["pid"]
            if event["ph"] == "b":
                assert key not in begun, event
                begun[key] = event["ts"]
            else:
                assert key not in ended, event
                assert event["ts"] >= begun[key], event
                ended.add(key)
    assert set(begun) == ended


def slices(events: list[dict[str, Any]], category: str) -> list[dict[str, Any]]:
    """Return the slices of a category in the order in which they stand."""
    return [event for event in events if event["ph"] == "X" and event["cat"] == category]
