"""The words of Poolscope as data: workload, lane, plan, run, ledger, process.

Everything here is immutable. Times are integers in nanoseconds on the clock of ``time.perf_counter_ns``
(CLOCK_MONOTONIC on Linux, comparable across the processes of one host), sizes are bytes, shares and loads are
fractions or percentages as each attribute says. Formatting is left to `poolscope.workloads.report.figures`.

These are named tuples and no dataclasses, because a headless run waits for every import twice, in the command and in
the runner: `dataclasses` and what it makes of these classes would take a quarter of the start-up. For the same reason
annotations are evaluated here, and only forward references are strings: `NamedTuple` compiles each string.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .analysis.findings.base import Finding
    from .analysis.findings.facts import RunFacts
    from .analysis.statistics import Interval
    from .analysis.steadiness import MeasurementWarning
    from .programs import RunAccount
    from .sampling.conditions import Meanwhile

ParameterValue = int | float | str | tuple[int, ...]
"""What a parameter can hold; a tuple of whole numbers is written ``1 9 4 5`` by people and ``[1, 9, 4, 5]`` in JSON."""

Parameters = Mapping[str, ParameterValue]

EngineName = Literal["serial", "process", "pool", "executor", "threads", "joblib", "interpreters"]
ENGINES: tuple[EngineName, ...] = ("serial", "process", "pool", "executor", "threads", "joblib", "interpreters")

Flavour = Literal["map", "imap", "imap_unordered", "starmap", "apply_async"]
"""The methods of a pool that call a function over many inputs."""

StartMethod = Literal["fork", "spawn", "forkserver"]

PHASES = ("starting", "sending", "computing", "returning", "waiting", "stopping")
"""Where a run's time can go, in the order in which bars show it."""

RunState = Literal["queued", "running", "done", "failed", "cancelled", "skipped"]
"""Of a lane, too; `skipped`: it cannot run this workload here, and its error says why."""
ProcessRole = Literal["guardian", "runner", "worker", "child", "helper", "program", "fork"]
"""`child`: a `Process` with a target of its own; `program`: one that is observed, or that it started; `fork`: made by a
plain `os.fork`; `helper`: multiprocessing's own."""
ProcessPhase = Literal["starting", "waiting", "receiving", "computing", "returning", "idle", "suspended", "ended"]


class Parameter(NamedTuple):
    """One value of a workload that a person may choose."""

    name: str
    kind: Literal["integer", "numbers", "choice", "directory"]
    default: ParameterValue
    help: str
    """One short sentence, shown beside the field."""
    minimum: int | None = None
    """Smallest allowed value (for `numbers`: of each number); None means no limit."""
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    """For `choice`: the allowed words."""
    presets: tuple[ParameterValue, ...] = ()
    """Values worth a single key press, in the order in which they are offered."""
    most: int | None = None
    """For `numbers`: how many numbers are allowed at most; None means no limit."""


class Lane(NamedTuple):
    """One engine with its settings. None in a setting means "the default", until `resolve_lane` filled it in."""

    engine: EngineName
    workers: int | None = None
    """Number of workers, be they processes, threads or interpreters; 1 for the serial engine once resolved. Default:
    the CPU budget, rounded up."""
    start_method: StartMethod | None = None
    """How processes are started; stays None where there are none, and for joblib, which has a way of its own. Default:
    the platform's."""
    chunksize: int | None = None
    """Tasks that are shipped at once. Default: the rule of `Pool.map`, in all engines alike. Stays None for `serial`
    and `process`, and for the flavour `apply_async`."""
    flavour: Flavour | None = None
    """Method of the pool; None means `map`, also once resolved. Stays None outside `pool`."""
    maxtasks: int | None = None
    """Chunks after which a worker of a pool is replaced, as `maxtasksperchild`; None means never. Stays None outside
    `pool`."""
    blas: int | None = None
    """Threads that the numerical libraries of each process may use; None leaves that to them."""
    warm: bool | None = None
    """Whether the pool is kept: one pass is made untimed, and the next one is timed, with the workers there already.
    None means no."""

    @property
    def label(self) -> str:
        """The lane as it is written on the command line, such as ``pool:workers=4,start=spawn``."""
        settings = {
            "workers": self.workers if self.engine != "serial" else None,
            "start": self.start_method,
            "chunksize": self.chunksize,
            "flavour": self.flavour,
            "maxtasks": self.maxtasks,
            "blas": self.blas,
            "warm": "yes" if self.warm else None,
        }
        given = ",".join(f"{name}={value}" for name, value in settings.items() if value is not None)
        return f"{self.engine}:{given}" if given else self.engine

    @property
    def is_ordered(self) -> bool:
        """Whether results come in the order of the inputs, and not in that of their arrival."""
        return self.flavour != "imap_unordered"


class Workload(NamedTuple):
    """A function and its inputs, with parameters, and what a learner should know about it."""

    name: str
    summary: str
    """A few words for the list, such as "square root of every number"."""
    explanation: str
    """What it shows, what to watch and what to expect, in plain sentences for a learner."""
    parameters: tuple[Parameter, ...]
    function: Callable[[Any], Any]
    """Called once a task; a module-level function, so that every start method can pickle it by name."""
    inputs: Callable[[Parameters], Sequence[Any]]
    """Builds the tasks' inputs, before the timed region; may raise `UsageError`."""
    summarise: Callable[[Sequence[Any], Parameters], str]
    """The result in a few words, from the tasks' results in input order."""
    default_lanes: Callable[[Parameters], tuple[Lane, ...]]
    """The lanes that are compared unless others are asked for; the first one is the reference."""
    memory_needed: Callable[[Parameters, Lane], int]
    """Estimated peak bytes of one run over all its processes, from the parameters alone (nothing is built)."""
    count_tasks: Callable[[Parameters], int]
    """Number of tasks without building the inputs where that is possible."""
    show: Callable[[Sequence[Any], Parameters], tuple[str, ...]] | None = None
    """Lines that show the result to a person (such as the ten most frequent words); None where `summarise` says all."""
    engines: tuple[EngineName, ...] = ENGINES
    """Engines that make sense for it."""
    engines_reason: str = ""
    """Why the others make none, as a clause that follows its name, such as "which starts its processes itself"."""
    topic: str = "first steps"
    """Heading under which it is listed, such as "perfectly parallel", "shared memory" or "pitfalls"."""
    check: Callable[[Sequence[Any], Parameters], str | None] | None = None
    """Looks whether the results, in input order, are right: one sentence that says what is wrong, or None. A run whose
    results are wrong has failed."""
    unsuitable: Callable[[Lane, Parameters], str | None] | None = None
    """Why a resolved lane cannot run it, in one sentence that says what would; None if it can. Such a lane is
    skipped."""
    surround: "Callable[[Parameters], AbstractContextManager[object]] | None" = None
    """What has to exist while it runs, such as a server or files; entered in the runner before the inputs are built."""
    shared: Callable[[Parameters, Any], tuple[Any, ...]] | None = None
    """Makes what the workers share from the parameters and a multiprocessing context, before the timed region; it is
    handed to `initializer` in every process that calls the function."""
    initializer: Callable[..., object] | None = None
    """Called once in every process that calls the function, with what `shared` made; a module-level function."""
    comparable: Callable[[Any], Any] | None = None
    """What of one task's result has to be the same on all lanes; None means all of it. Of a measurement that is what
    was found, without how long it took."""
    code: str | None = None
    """Digest of the source of its function's module, "" without one; None for that of the module as imported here."""


class Plan(NamedTuple):
    """What a runner is told to do: one lane of one workload, once. Travels as JSON in ``plan.json``."""

    run: str
    """Name of the run and of its directory, unique within a session, such as ``0003``."""
    workload: str
    """Name in the catalogue, or ``module:ATTRIBUTE`` of a `Workload` that the runner can import."""
    parameters: Mapping[str, ParameterValue]
    lane: Lane
    """Resolved: no default is left open."""
    log_level: int
    """Level for `multiprocessing.log_to_stderr`: 5 SUBDEBUG, 10 DEBUG, 20 INFO, 25 SUBWARNING, 30, 40."""
    keep_going: bool = False
    """Whether the other tasks go on when one raises."""
    tolerance: float = 0.0
    """By how much floats may differ from the first lane's: absolutely, or as a share of the larger one."""
    reference: str | None = None
    """Run directory of the first lane's first run, whose results are compared with; None for that run itself."""


class RunResult(NamedTuple):
    """What the runner left in ``result.json`` when it reached its end; a killed runner leaves none."""

    ok: bool
    error: str | None
    """One sentence, None if ok."""
    traceback: str | None
    elapsed_ns: int
    """The timed region: from before the pool exists until results are there and the pool is gone."""
    tasks: int
    digest: str | None
    """Digest over all results in the order of the inputs, or as they came where nobody knows that; equal digests mean
    equal results. None if not ok."""
    summary: str
    lines: tuple[str, ...] = ()
    """What `Workload.show` said."""
    failed: int = 0
    """Tasks that raised, where a run kept going."""
    failures: tuple[str, ...] = ()
    """The first of them, a sentence each."""
    same_result: bool | None = None
    """Equal to the reference's results, within the tolerance; None for the reference itself, and where nobody could
    compare them."""
    difference: str | None = None
    """The first task whose result differs from the reference's, with both values; None if none does."""
    repeated: int | None = None
    """Results whose fractional numbers are those of another one; None where there are too many to look, or no such."""


class Ledger(NamedTuple):
    """Where a run's wall time went. Each phase is the average over the lane's workers, so the sum is wall time."""

    starting_ns: int = 0
    """From the beginning of the timed region until the worker was ready."""
    sending_ns: int = 0
    """Arguments: pickled and written by the parent, read and unpickled by the worker; with the wait for the first."""
    computing_ns: int = 0
    returning_ns: int = 0
    """Results: pickled and written by the worker, read and unpickled by the parent; includes the tail in which the
    parent still reads while every worker is done."""
    waiting_ns: int = 0
    """The worker had nothing to do although results were still missing."""
    stopping_ns: int = 0
    """From the moment the results were there until the workers were gone."""

    @property
    def total_ns(self) -> int:
        """Wall time of the timed region."""
        return sum(self.phases().values())

    def phases(self) -> dict[str, int]:
        """Nanoseconds by the names in `PHASES`, in that order."""
        return {name: getattr(self, f"{name}_ns") for name in PHASES}


class ProcessState(NamedTuple):
    """One process of a run as it is, or was when it ended."""

    pid: int
    parent: int | None
    role: ProcessRole
    label: str
    """Short name on screen: ``w1``, ``runner``, ``guardian``, ``resource tracker``."""
    name: str
    """Its multiprocessing name, such as ``ForkPoolWorker-1``, or "" if it has none. Untrusted text."""
    phase: ProcessPhase
    chunks_done: int
    items_done: int
    current: str
    """What it is working on, such as ``chunk 3 of 8, 625,000 items``; "" if nothing."""
    started_ns: int
    ended_ns: int | None
    """None while it lives."""
    exit_status: int | None
    """As `multiprocessing.Process.exitcode`: -9 for SIGKILL; None while it lives or when nobody saw it."""


class LaneState(NamedTuple):
    """One lane of a comparison: where it stands now, and what its runs gave."""

    lane: Lane
    key: str
    """Letter on screen: A, B, ..."""
    state: RunState
    runs_done: int
    """Those that count."""
    runs_planned: int
    """0 while it depends on the runs how many are needed."""
    tasks: int
    """Tasks of one run."""
    tasks_done: int
    """Of the current or last run."""
    elapsed_ns: int
    """Of the current run, or the last one's timed region."""
    ledger: Ledger
    """Of the current or last run."""
    results: tuple[RunResult, ...]
    """Of every finished run, oldest first."""
    ledgers: tuple[Ledger, ...]
    """Of every finished run, oldest first."""
    error: str | None
    """What went wrong, in one sentence; None if nothing did."""
    same_result: bool | None
    """Equal to the first lane's result; None for the first lane and while one of them is missing."""
    asked: Lane | None = None
    """The lane as it was asked for, defaults left open; None means just as `lane` has it."""
    accounts: "tuple[RunAccount | None, ...]" = ()
    """Of every finished run, oldest first, and of the one that failed after them; None for a run of which it was too
    much to keep."""
    difference: str | None = None
    """The first task whose result differs from the first lane's, in one sentence; None if none does."""
    traceback: str | None = None
    """Of the task that raised, where it did; None if none did. Untrusted text of several lines."""
    facts: "tuple[RunFacts | None, ...]" = ()
    """As `accounts`; None for a run of which nothing can be said."""
    meanwhile: "tuple[Meanwhile | None, ...]" = ()
    """What the machine did besides every finished run, oldest first; None where nobody looked."""
    warmup: int = 0
    """Number of the warm-up run under way, which does not count; 0 if none is."""
    warmups: int = 0
    """Warm-up runs that were planned."""

    @property
    def times_ns(self) -> list[int]:
        """The timed regions of the runs that succeeded, oldest first."""
        return [result.elapsed_ns for result in self.results if result.ok]

    @property
    def label(self) -> str:
        """The lane as a person wrote it, such as ``pool:workers=4``."""
        return (self.asked or self.lane).label

    @property
    def median_ns(self) -> int | None:
        """Median timed region over the runs that succeeded; None without one."""
        times = sorted(self.times_ns)
        # That of `statistics` takes longer to import than most commands have.
        return (times[len(times) // 2] + times[(len(times) - 1) // 2]) // 2 if times else None


class Verdict(NamedTuple):
    """The answer of a comparison, for people and for programs."""

    answer: Literal["parallel pays", "serial wins", "no difference", "unknown"]
    fastest: str | None
    """Key of the fastest lane that succeeded."""
    sentences: tuple[str, ...]
    """The answer first, then the reason; each a whole sentence."""
    speedup: float | None = None
    """How many times as fast the fastest parallel lane is as the fastest serial one, or as the first lane where none is
    serial; None where there are no two such lanes."""
    interval: "Interval | None" = None
    """Where the speedup lies with a confidence of 95 %; None without one, or where there are too few runs to say."""


class ComparisonState(NamedTuple):
    """All that a face needs to show of a comparison, at one moment."""

    now_ns: int
    lanes: tuple[LaneState, ...]
    running: int | None
    """Index of the lane that runs now; None between runs and at the end."""
    run_directory: str | None
    """Directory of the current or last run, for the log; None before the first."""
    processes: tuple[ProcessState, ...]
    """Of the current or last run."""
    verdict: Verdict | None
    """None until every lane ended."""
    is_over: bool
    is_cancelled: bool = False
    notes: tuple[str, ...] = ()
    """What a person should know of runs so far although it did not fail them, a sentence each, the lane's key first."""
    findings: "tuple[Finding, ...]" = ()
    """What explains the times of the lanes, or is wrong with them, the most important first; none before the end."""
    warnings: "tuple[MeasurementWarning, ...]" = ()
    """Why the times may be worth less than they look; none before the end."""


class CgroupLimit(NamedTuple):
    """One CPU limit on the way from the process's own cgroup to the root."""

    path: str
    cpus: float
    """quota / period."""


class CpuBudget(NamedTuple):
    """CPUs that this process may really use."""

    online: int
    affinity: int
    limits: tuple[CgroupLimit, ...]
    """From the own cgroup upwards; only those that have a limit."""

    @property
    def cpus(self) -> float:
        """min(online, affinity, smallest cgroup limit); a fraction is kept."""
        return min([float(self.online), float(self.affinity), *(limit.cpus for limit in self.limits)])

    @property
    def workers(self) -> int:
        """Default number of workers: the budget rounded up, at least one."""
        return max(1, -int(-self.cpus // 1))


class Machine(NamedTuple):
    """Where the measurement was made; kept with every result."""

    hostname: str
    system: str
    """Such as ``Linux 6.18``."""
    python: str
    """Such as ``3.11.7``."""
    implementation: str
    """Such as ``CPython``."""
    cpu_model: str
    budget: CpuBudget
    memory_bytes: int
    start_methods: tuple[StartMethod, ...]
    default_start_method: StartMethod
    load: float
    """One-minute load average when asked."""
    threads_per_core: int = 1
    """CPUs that share a core (SMT, "hyper-threading"); 1 where there is no such thing, or it is not known."""


class CoreUsage(NamedTuple):
    """What one core did since the sample before; percentages of its time, 0 to 100."""

    number: int
    user: float
    system: float
    steal: float

    @property
    def busy(self) -> float:
        """Everything but idle, 0 to 100."""
        return min(100.0, self.user + self.system + self.steal)


class CoresSample(NamedTuple):
    """All cores at one moment."""

    time_ns: int
    cores: tuple[CoreUsage, ...]
    load: float
    """One-minute load average."""
    context_switches: float | None
    """A second, over the machine; None where it cannot be had."""


class ProcessSample(NamedTuple):
    """What the operating system says of one process."""

    pid: int
    parent: int | None
    cpu_percent: float | None
    """Of one core since the sample before; None at the first one."""
    rss_bytes: int
    pss_bytes: int | None
    """Proportional share, where it can be had; shared pages are divided among their users."""
    cpu_number: int | None
    """The core it ran on last."""
    is_suspended: bool
    command: tuple[str, ...] = ()
    """argv; untrusted text."""
