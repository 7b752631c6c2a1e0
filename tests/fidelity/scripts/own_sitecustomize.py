"""A program whose child has a sitecustomize of its own."""

import os
import subprocess
import sys

os.mkdir("site")
with open("site/sitecustomize.py", "w", encoding="utf-8") as file:
    file.write("import sys\nsys.customised = __name__, __file__.rpartition('/')[2]\n")
before = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*before, os.path.abspath("site")])}
code = "import sys, sitecustomize; print(sys.customised, sitecustomize.__file__.rpartition('/')[2])"
subprocess.run([sys.executable, "-c", code], env=environment, check=True)
