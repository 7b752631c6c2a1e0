"""A script that clears the environment before it starts its workers."""
# records: tasks=4

import multiprocessing
import os


def environment(_):
    return sorted(os.environ)


if __name__ == "__main__":
    os.environ.clear()
    for method in ("spawn",):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(method, pool.map(environment, range(4))[0])
