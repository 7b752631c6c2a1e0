"""What happened on the screen, told upwards: every message says in the past tense what a person did."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from poolscope.workloads.model import Parameters, Workload


@dataclass
class WorkloadChosen(Message):
    """A workload was chosen from the list; its lanes begin anew."""

    workload: Workload
    parameters: Parameters


@dataclass
class ParametersChanged(Message):
    """A parameter of the chosen workload has a new value, and all of them are valid."""

    workload: Workload
    parameters: Parameters


@dataclass
class ParametersInvalid(Message):
    """A parameter cannot be used as it stands, so nothing can run until it is mended."""

    problem: str
    """What is wrong, in one sentence."""


@dataclass
class PageAsked(Message):
    """The page of the chosen workload is wanted."""


@dataclass
class MomentChosen(Message):
    """A moment of the run was chosen: every panel should show it."""

    time_ns: int
