"""An exception in a worker that nobody catches: its traceback, remote part included, and the exit code."""
# records: failed=1

import multiprocessing


def broken(number):
    return {}[number]


if __name__ == "__main__":
    with multiprocessing.Pool(1) as pool:
        pool.map(broken, [1])
