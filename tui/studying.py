"""A study that goes on here, as something to watch: what was watched before it stays on the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from poolscope.workloads.errors import PoolscopeError

from .core import Notice
from .sources import Scene

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable
    from queue import SimpleQueue

    from poolscope.workloads.launcher import Guardian
    from poolscope.workloads.recording.contents import Contents
    from poolscope.workloads.target import Own

    from .snapshot import Record
    from .sources import Run, Source
    from .stage import Stage
    from .study_view import StudyKind, StudyView, Subject


class ShownStudy(Protocol):
    """A study that says of itself what the screen shows."""

    def advance(self) -> StudyView:
        """Do what can be done now, without waiting.

        Raises:
            GuardianLostError: Once, when its guardian died; the next call says what is left.
        """

    def cancel(self) -> None:
        """End it; what was measured stays."""


class StudySource:
    """A study, in front of what was watched BEFORE."""

    record: Record | None = None

    def __init__(self, study: ShownStudy, before: Source | None, scene: Scene) -> None:
        """Take the STUDY, and what was watched BEFORE it with its last SCENE, which both stay in sight."""
        self._study = study
        self.before = before
        self._scene = scene._replace(study=None)
        self._view: StudyView | None = None

    @property
    def run(self) -> Run | None:
        """The last run of what was watched before."""
        return self.before.run if self.before is not None else None

    @property
    def is_over(self) -> bool:
        """Whether nothing is measured any more."""
        return self._view is not None and self._view.is_over

    def advance(self) -> Scene:
        """Go on with the study.

        Raises:
            GuardianLostError: Once, when its guardian died; the next call says what is left.
        """
        self._view = self._study.advance()
        return self._scene._replace(study=self._view)

    def then(self, run: Run, moment: Contents, time_ns: int) -> Scene:
        """Say what that was, which was watched before, at a MOMENT of a RUN."""
        past = self.before.then(run, moment, time_ns) if self.before is not None else Scene()
        return past._replace(study=self._view)

    def cancel(self) -> None:
        """End the study; what was measured stays."""
        self._study.cancel()


class Studies:
    """The bridge's part that begins studies, and has other work done by its thread."""

    _commands: SimpleQueue[Callable[[], None] | None]
    _notices: deque[Notice]
    _stage: Stage
    _own: dict[str, Own]
    _studies: dict[StudyKind, StudyView]
    """The last of each kind."""

    def study(self, subject: Subject) -> None:
        """Begin a study; what is watched stays in sight meanwhile."""
        self._commands.put(lambda: self._begin_study(subject))

    def carry_out(self, work: Callable[[], None]) -> None:
        """Have WORK done by the bridge's thread."""
        self._commands.put(work)

    def _is_busy(self) -> bool:
        """Whether nothing can be begun now; then the person is told."""
        raise NotImplementedError

    def _living_guardian(self) -> Guardian:
        raise NotImplementedError

    def _begin_study(self, subject: Subject) -> None:
        if self._is_busy():
            return
        from .study_drivers import shown_study

        stage = self._stage
        try:
            study = shown_study(subject, self._living_guardian(), self._own.get(subject.workload.name))
        except PoolscopeError as error:
            self._notices.append(Notice(str(error), "error"))
            return
        before = stage.source.before if isinstance(stage.source, StudySource) else stage.source
        stage.watch(StudySource(study, before, stage.scene))

    def _note_study(self) -> None:
        """Keep what the study says that goes on, or just ended."""
        view = self._stage.scene.study
        if view is not None:
            self._studies[view.subject.kind] = view
