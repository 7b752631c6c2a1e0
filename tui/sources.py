"""What is watched: a comparison of lanes, a program, or a recording of either.

Each gives what it is now, and what it was at any moment of its recording, so that the bridge need not know which it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from poolscope.workloads.errors import PoolscopeError

from .snapshot import Record

if TYPE_CHECKING:
    from pathlib import Path

    from poolscope.workloads.comparison import Comparison
    from poolscope.workloads.model import ComparisonState, ProcessState
    from poolscope.workloads.program import Program
    from poolscope.workloads.programs import ProgramState
    from poolscope.workloads.recording.contents import Contents

    from .remembering import Keep
    from .study_view import StudyView


class Scene(NamedTuple):
    """What stands on the stage at one moment."""

    comparison: ComparisonState | None = None
    program: ProgramState | None = None
    study: StudyView | None = None
    """What goes on in front of them; None while nothing is studied."""

    @property
    def processes(self) -> tuple[ProcessState, ...]:
        """Those that were recorded."""
        state = self.program or self.comparison
        return state.processes if state is not None else ()

    @property
    def run_directory(self) -> str | None:
        """Where the current or last run is recorded; None before the first, and for what was saved."""
        state = self.program or self.comparison
        return state.run_directory if state is not None else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know, a sentence each."""
        state = self.program or self.comparison
        return state.notes if state is not None else ()


class Run(NamedTuple):
    """One run of what is watched."""

    recording: Contents
    lane: int = 0
    """Index of its lane, where lanes are watched."""


class Source(Protocol):
    """What is watched."""

    record: Record | None
    """The recording that is replayed; None for what runs here."""

    @property
    def run(self) -> Run | None:
        """The run under way, or the last one; None before the first."""

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""

    def advance(self) -> Scene:
        """Do what can be done now, without waiting, and say what it is now."""

    def then(self, run: Run, moment: Contents, time_ns: int) -> Scene:
        """Say what it was at a MOMENT of a RUN."""

    def cancel(self) -> None:
        """End it; what was measured stays."""


class LanesSource:
    """A comparison that goes on here."""

    record: Record | None = None

    def __init__(self, comparison: Comparison, keep: Keep | None = None) -> None:
        """Watch a COMPARISON, and let KEEP have it when it is over."""
        self._comparison = comparison
        self._keep = keep
        self._kept: tuple[str, ...] = ()
        """What became of that, a sentence each."""
        self._state: ComparisonState | None = None
        self._run: Run | None = None

    @property
    def run(self) -> Run | None:
        """The run under way, or the last one."""
        return self._run

    @property
    def is_over(self) -> bool:
        """Whether every lane ended."""
        return self._state is not None and self._state.is_over

    def advance(self) -> Scene:
        """Go on with the comparison.

        Raises:
            GuardianLostError: Once, when its guardian died; the next call says what is left.
        """
        state = self._comparison.advance()
        if state.is_over and self._keep is not None:
            keep, self._keep = self._keep, None
            self._kept = keep(state)
        self._state = state._replace(notes=(*state.notes, *self._kept))
        watched = self._comparison.watched
        if watched is not None and (self._run is None or self._run.recording is not watched[1]):
            self._run = Run(watched[1], watched[0])
        return Scene(comparison=self._state)

    def then(self, run: Run, moment: Contents, time_ns: int) -> Scene:
        """Say what the comparison was at a MOMENT of a RUN."""
        if self._state is None:
            return Scene()
        from .recorded import comparison_at

        return Scene(comparison=comparison_at(self._state, run.lane, moment, time_ns))

    def cancel(self) -> None:
        """End the run under way and start no other."""
        self._comparison.cancel()


class ProgramSource:
    """A program that runs here."""

    record: Record | None = None

    def __init__(self, program: Program, output: Path | None = None) -> None:
        """Watch a PROGRAM, and save its recording to OUTPUT when it has ended."""
        self._program = program
        self._output = output
        self._saved: tuple[str, ...] = ()
        """What became of that, in a sentence."""
        self._state: ProgramState | None = None
        self._run: Run | None = None

    @property
    def run(self) -> Run | None:
        """The program's only run; None before it was started."""
        recording = self._program.recording
        if self._run is None and recording is not None:
            self._run = Run(recording)
        return self._run

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is left."""
        return self._program.is_over and self._state is not None

    @property
    def state(self) -> ProgramState | None:
        """Where the program stood at the last look."""
        return self._state

    def advance(self) -> Scene:
        """Look at the program.

        Raises:
            GuardianLostError: Once, when its guardian died; the next call says what is left.
        """
        state = self._program.advance()
        if self._program.is_over and self._output is not None:
            self._save(self._output)
        self._state = state._replace(notes=(*state.notes, *self._saved))
        return Scene(program=self._state)

    def _save(self, path: Path) -> None:
        from poolscope.workloads.recording.save import save
        from poolscope.workloads.text import clean

        self._output = None
        if self._program.directory is None:
            return
        try:
            save(self._program.directory, path)
            self._saved = (f"The recording is saved in {clean(str(path), 400)}.",)
        except PoolscopeError as error:
            self._saved = (str(error),)

    def then(self, run: Run, moment: Contents, time_ns: int) -> Scene:
        """Say what the program was at a MOMENT."""
        del run
        from .recorded import program_at

        return Scene(program=program_at(self._state, moment, time_ns)) if self._state else Scene()

    def cancel(self) -> None:
        """End the program."""
        self._program.cancel()


class RecordedSource:
    """A recording, which never changes."""

    def __init__(self, recording: Contents, place: Path | str) -> None:
        from poolscope.workloads.text import clean

        self._run = Run(recording)
        self.record: Record | None = Record(clean(str(place), 400), recording.meta, recording.end, recording.problems)
        self._scene: Scene | None = None

    @property
    def run(self) -> Run | None:
        """Its only run."""
        return self._run

    @property
    def is_over(self) -> bool:
        """Always: nothing changes."""
        return True

    @property
    def is_of_program(self) -> bool:
        """Whether it was a program, and not a lane."""
        return self._run.recording.is_program

    def advance(self) -> Scene:
        """Say how it was at its end."""
        if self._scene is None:
            from .recorded import recorded_comparison, recorded_program

            recording = self._run.recording
            end = _last_sign(recording)
            if self.is_of_program:
                self._scene = Scene(program=recorded_program(recording, end))
            else:
                self._scene = Scene(comparison=recorded_comparison(recording, end))
        return self._scene

    def then(self, run: Run, moment: Contents, time_ns: int) -> Scene:
        """Say what it was at a MOMENT."""
        from .recorded import comparison_at, program_at

        scene = self.advance()
        if scene.program is not None:
            return Scene(program=program_at(scene.program, moment, time_ns))
        if scene.comparison is not None:
            return Scene(comparison=comparison_at(scene.comparison, run.lane, moment, time_ns))
        return scene

    def cancel(self) -> None:
        """Nothing goes on that could be ended."""


def _last_sign(recording: Contents) -> int:
    """When anything was last heard of a closed recording."""
    if recording.end is not None:
        return recording.end.ended_ns
    ends = [state.ended_ns or state.started_ns for state in recording.processes(0)]
    return max(ends, default=recording.meta.begun_ns if recording.meta else 0)
