"""What the probe is asked, and what it answers: plain data that travels as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

REQUEST_NAME = "request.json"
ANSWER_NAME = "answer.json"
STAGE_NAME = "stage"
HANG_NAME = "hang.log"


class Limits(NamedTuple):
    """How long a person's code may take, in seconds."""

    importing: float = 30.0
    inputs: float = 60.0
    """To make the inputs, and to pickle one."""
    task: float = 10.0
    """One task of the trial; a longer one is estimated by that."""
    trial: float = 1.0
    """All tasks of the trial but the one under way then."""


class Request(NamedTuple):
    """What the probe is to find out."""

    kind: Literal["functions", "check"]
    """`functions`: list those of a module; `check`: see whether a target can run."""
    directory: str
    """Against which paths are resolved, and from which modules are imported."""
    where: str = ""
    """For `functions`: the file or module."""
    target: str = ""
    """For `check`: the target, as `Target.written` writes it."""
    tasks: int = 8
    """Most tasks of the trial; 0 calls the function not at all."""
    limits: Limits = Limits()


class FunctionInfo(NamedTuple):
    """A function that may be run."""

    name: str
    signature: str
    """Such as ``(number, base=10)``; "(...)" where nobody knows."""
    doc: str
    """First line of its docstring; "" without one."""
    line: int | None
    takes_one: bool
    """Whether it can be called with one argument, as the inputs of a range need it."""


class PickleProblem(NamedTuple):
    """Why something cannot travel between processes."""

    path: str
    """To the part that cannot be pickled: ``result.handler.lock``."""
    kind: str
    """What that is: ``an open file``."""
    said: str
    """What pickle says."""
    advice: str
    """What to do, in words that follow a colon."""

    @property
    def sentence(self) -> str:
        """All of it."""
        return f"{self.path} is {self.kind}, which cannot be pickled ({self.said}): {self.advice}."


class Trial(NamedTuple):
    """What a few tasks took."""

    tasks: int
    """How many came to an end."""
    mean_ns: int
    """Of a task's wall time."""
    longest_ns: int
    cpu_share: float
    """CPU time as a part of wall time; far below 1 where tasks wait."""
    shipping_ns: int
    """To pickle and unpickle the first input and its result."""
    input_bytes: int
    """Of one input in memory."""
    result_bytes: int
    """Of one result in memory."""
    pickled_bytes: int
    """Of both when they travel; 0 where they cannot."""
    growth_bytes: int
    """By which the process grew while it computed."""
    exceeded_ns: int | None = None
    """A task had not ended after that, so it is the least that a task takes; None if all did."""


class Checked(NamedTuple):
    """What is known of a target before it runs."""

    tasks: int
    manner: str
    """How the function is called: `calling.Manner`."""
    signature: str
    doc: str
    first: str
    """The first input in a short form."""
    origin: str
    """Where the inputs come from, in a few words; "" if that is what was written."""
    module_bytes: int
    """By which a process grows that imports the function."""
    import_ns: int
    function_problem: PickleProblem | None
    input_problem: PickleProblem | None
    result_problem: PickleProblem | None
    trial: Trial | None
    """None where no task was tried, or the first one raised."""
    are_made: bool = False
    """Whether a function of the person's was called for the inputs, rather than a collection taken."""
    code: str | None = None
    """Digest of the source of the function's module; None where there is none."""


class Answer(NamedTuple):
    """What the probe found out."""

    error: str | None = None
    """Why it cannot be run, in one sentence; None if it can."""
    notes: tuple[str, ...] = ()
    """What a person should know, a sentence each."""
    functions: tuple[FunctionInfo, ...] = ()
    checked: Checked | None = None


def to_json(value: Request | Answer) -> str:
    """Write it."""
    return json.dumps(_plain(value))


def write_request(text: str, directory: Path) -> None:
    """Leave a request where the probe looks for it."""
    (directory / REQUEST_NAME).write_text(text, encoding="ascii")


def request_from(text: str | bytes) -> Request:
    """Read a request."""
    content = json.loads(text)
    return Request(**{**content, "limits": Limits(**content["limits"])})


def answer_from(text: str | bytes) -> Answer:
    """Read an answer."""
    content = json.loads(text)
    checked = content["checked"]
    return Answer(
        error=content["error"],
        notes=tuple(content["notes"]),
        functions=tuple(FunctionInfo(**each) for each in content["functions"]),
        checked=_checked_from(checked) if checked is not None else None,
    )


def _checked_from(content: dict[str, Any]) -> Checked:
    for name in ("function_problem", "input_problem", "result_problem"):
        if content[name] is not None:
            content[name] = PickleProblem(**content[name])
    if content["trial"] is not None:
        content["trial"] = Trial(**content["trial"])
    return Checked(**content)


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: _plain(item) for name, item in value._asdict().items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
