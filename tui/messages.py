"""What happened on the screen, told upwards: every message says in the past tense what a person did.

They are no dataclasses, because everybody who opens the screen waits until those are made.
"""

from __future__ import annotations

from textual.message import Message

from poolscope.workloads.model import Parameters, Workload


class WorkloadChosen(Message):
    """A workload was chosen from the list; its lanes begin anew."""

    def __init__(self, workload: Workload, parameters: Parameters) -> None:
        super().__init__()
        self.workload = workload
        self.parameters = parameters


class ParametersChanged(Message):
    """A parameter of the chosen workload has a new value, and all of them are valid."""

    def __init__(self, workload: Workload, parameters: Parameters) -> None:
        super().__init__()
        self.workload = workload
        self.parameters = parameters


class ParametersInvalid(Message):
    """A parameter cannot be used as it stands, so nothing can run until it is mended."""

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem
        """What is wrong, in one sentence."""


class PageAsked(Message):
    """The page of the chosen workload is wanted."""


class MomentChosen(Message):
    """A moment of the run was chosen: every panel should show it."""

    def __init__(self, time_ns: int) -> None:
        super().__init__()
        self.time_ns = time_ns
