"""Warnings are errors: whoever warns while workers start or stop is found out."""
# records: tasks=8 failed=0

import warnings

warnings.simplefilter("error")

import multiprocessing  # noqa: E402
from concurrent.futures import ProcessPoolExecutor  # noqa: E402


def negate(number):
    return -number


if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(negate, range(4)))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("forkserver")) as executor:
        print(list(executor.map(negate, range(4))))
