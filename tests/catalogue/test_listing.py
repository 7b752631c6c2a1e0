"""The list of workloads says what the workloads say, and builds none of them for that."""

from __future__ import annotations

import subprocess
import sys

from poolscope.workloads import catalogue
from poolscope.workloads.catalogue import listing


def test_texts_are_those_of_the_workloads() -> None:
    listed = {entry.name: entry for entry in listing.entries()}
    assert tuple(listed) == catalogue.names()
    for name, entry in listed.items():
        workload = catalogue.find(name)
        assert (entry.topic, entry.summary) == (workload.topic, workload.summary)


def test_nothing_is_built_to_be_listed() -> None:
    code = """
import sys
from poolscope.workloads.catalogue import listing, names, _MODULES
assert [entry.name for entry in listing.entries()] == list(names())
print([name for name in _MODULES.values() if f"poolscope.workloads.catalogue.{name}" in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
