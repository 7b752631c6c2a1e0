"""coverage, which has hooks of its own in every process."""
# needs: coverage

import subprocess
import sys

with open("measured.py", "w", encoding="utf-8") as file:
    file.write(
        "import multiprocessing\n"
        "def work(number):\n"
        "    return number + 1\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.Pool(1) as pool:\n"
        "        print(pool.map(work, range(3)))\n"
        "        pool.close()\n"
        "        pool.join()\n"
    )
with open(".coveragerc", "w", encoding="utf-8") as file:
    file.write("[run]\nconcurrency = multiprocessing\nparallel = true\ninclude = measured.py\n")
coverage = [sys.executable, "-m", "coverage"]
subprocess.run([*coverage, "run", "--rcfile=.coveragerc", "measured.py"], check=True)
subprocess.run([*coverage, "combine", "-q"], check=True)
subprocess.run([*coverage, "report", "-m"], check=True)
