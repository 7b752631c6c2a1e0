"""The CPU budget, on trees of files as the kernel would show them."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.model import CgroupLimit, CpuBudget
from poolscope.workloads.sampling.budget import (
    cpu_budget,
    cpu_limits,
    parse_cfs,
    parse_cpu_max,
    parse_mounts,
    parse_own_cgroups,
)

_UNIFIED = "31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n"
_HYBRID = (
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
)


class Tree:
    """A proc and a cgroup file system in a temporary directory."""

    def __init__(self, root: Path) -> None:
        self.proc = root / "proc"
        self.cgroup = root / "cgroup"
        (self.proc / "self").mkdir(parents=True)
        self.cgroup.mkdir()

    def own(self, cgroups: str, mounts: str) -> None:
        (self.proc / "self/cgroup").write_text(cgroups)
        (self.proc / "self/mountinfo").write_text(mounts)

    def put(self, directory: str, **files: str) -> None:
        where = self.cgroup / directory
        where.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (where / name.replace("__", ".")).write_text(text + "\n")

    def limits(self) -> tuple[CgroupLimit, ...]:
        return cpu_limits(self.proc, self.cgroup)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_version_2_walks_from_the_own_cgroup_to_the_root(tree: Tree) -> None:
    tree.own("0::/pods/one/main\n", _UNIFIED)
    tree.put("", cpu__max="max 100000")
    tree.put("pods", cpu__max="800000 100000")
    tree.put("pods/one", cpu__max="150000 100000")
    tree.put("pods/one/main", cpu__max="max 100000")
    assert tree.limits() == (CgroupLimit("/pods/one", 1.5), CgroupLimit("/pods", 8.0))
    budget = CpuBudget(online=64, affinity=64, limits=tree.limits())
    assert budget.cpus == 1.5
    assert budget.workers == 2


def test_the_root_of_a_container_has_its_limit_in_the_root(tree: Tree) -> None:
    tree.own("0::/\n", _UNIFIED)
    tree.put("", cpu__max="50000 100000")
    assert tree.limits() == (CgroupLimit("/", 0.5),)


def test_version_1_walks_too(tree: Tree) -> None:
    tree.own("4:memory:/other\n2:cpu,cpuacct:/docker/abc\n", _HYBRID)
    tree.put("cpu,cpuacct", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    tree.put("cpu,cpuacct/docker", cpu__cfs_quota_us="300000", cpu__cfs_period_us="100000")
    tree.put("cpu,cpuacct/docker/abc", cpu__cfs_quota_us="25000", cpu__cfs_period_us="10000")
    assert tree.limits() == (CgroupLimit("/docker/abc", 2.5), CgroupLimit("/docker", 3.0))


def test_a_hybrid_takes_both_hierarchies(tree: Tree) -> None:
    tree.own("2:cpu,cpuacct:/\n0::/slice\n", _HYBRID)
    tree.put("cpu,cpuacct", cpu__cfs_quota_us="400000", cpu__cfs_period_us="100000")
    tree.put("unified/slice", cpu__max="100000 100000")
    assert {limit.cpus for limit in tree.limits()} == {4.0, 1.0}


def test_a_container_that_sees_a_part_of_the_tree(tree: Tree) -> None:
    part = "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"
    tree.own("2:cpu:/docker/abc/inner\n", part)
    tree.put("cpu", cpu__cfs_quota_us="200000", cpu__cfs_period_us="100000")
    tree.put("cpu/inner", cpu__cfs_quota_us="100000", cpu__cfs_period_us="100000")
    assert tree.limits() == (CgroupLimit("/inner", 1.0), CgroupLimit("/", 2.0))


@pytest.mark.parametrize("path", ["/../outside", "/not/visible/here"])
def test_a_path_that_cannot_be_seen_falls_back_to_the_mount_point(tree: Tree, path: str) -> None:
    tree.own(f"0::{path}\n", _UNIFIED)
    tree.put("", cpu__max="70000 100000")
    assert tree.limits() == (CgroupLimit("/", 0.7),)


def test_without_cgroups_only_cores_and_affinity_count(tmp_path: Path) -> None:
    budget = cpu_budget(tmp_path / "none", tmp_path / "nothing")
    assert budget.limits == ()
    assert budget.online == os.cpu_count()
    assert budget.affinity == len(os.sched_getaffinity(0))
    assert budget.cpus == min(budget.online, budget.affinity)


def test_the_real_machine_has_a_budget() -> None:
    assert 0 < cpu_budget().cpus <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("max 100000", None), ("150000 100000", 1.5), ("200000", 2.0), ("", None), ("0 100000", None), ("1 0", None)],
)
def test_cpu_max(text: str, cpus: float | None) -> None:
    assert parse_cpu_max(text) == cpus


@given(st.text(max_size=200))
def test_parsers_survive_anything(text: str) -> None:
    parse_own_cgroups(text)
    parse_mounts(text)
    cpus = parse_cpu_max(text)
    assert cpus is None or cpus > 0


@given(st.text("0123456789 -max\n", max_size=60), st.text("0123456789 -", max_size=60))
def test_a_quota_is_positive_or_none(quota: str, period: str) -> None:
    cpus = parse_cfs(quota, period)
    assert cpus is None or cpus > 0


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_the_fraction_is_kept(quota: int, period: int) -> None:
    assert parse_cpu_max(f"{quota} {period}\n") == quota / period


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["cgroup", "cgroup2", "tmpfs"]),
            st.sampled_from(["/sys/fs/cgroup", "/sys/fs/cgroup/cpu", "/proc", "/sys/fs/cgroupx"]),
        )
    )
)
def test_only_cgroup_mounts_are_taken(mounts: list[tuple[str, str]]) -> None:
    text = "".join(f"32 31 0:29 / {point} rw - {kind} x rw,cpu\n" for kind, point in mounts)
    wanted = [
        (kind, point) for kind, point in mounts if kind != "tmpfs" and point in ("/sys/fs/cgroup", "/sys/fs/cgroup/cpu")
    ]
    assert [("cgroup2" if mount.version == 2 else "cgroup", mount.point) for mount in parse_mounts(text)] == wanted
