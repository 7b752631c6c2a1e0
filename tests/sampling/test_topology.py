"""Cores and their siblings, as the kernel describes them."""

from pathlib import Path

from poolscope.workloads.sampling.topology import physical_cores


def test_siblings_are_one_core(tmp_path: Path) -> None:
    for number, siblings in enumerate(("0,2", "1,3", "0,2", "1,3")):
        place = tmp_path / f"cpu{number}/topology"
        place.mkdir(parents=True)
        (place / "thread_siblings_list").write_text(f"{siblings}\n")
    assert physical_cores(tmp_path, frozenset({0, 1, 2, 3})) == 2
    assert physical_cores(tmp_path, frozenset({0, 2})) == 1
    assert physical_cores(tmp_path, frozenset({0, 1})) == 2


def test_what_the_kernel_does_not_say_is_not_known(tmp_path: Path) -> None:
    assert physical_cores(tmp_path, frozenset({0})) is None
    assert physical_cores(tmp_path, frozenset()) is None
