"""A script that goes elsewhere before it starts its workers."""
# records: tasks=6

import multiprocessing
import os


def where(_):
    return os.getcwd()


if __name__ == "__main__":
    os.mkdir("elsewhere")
    os.chdir("elsewhere")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print({os.path.basename(place) for place in pool.map(where, range(6))})
