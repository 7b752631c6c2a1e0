"""Python programs that are started by a Python program, and one that is none."""
# records: programs=2

import subprocess
import sys

code = "import sys; print(sys.argv[1:]); sys.exit(5)"
print(subprocess.run([sys.executable, "-c", code, "a b"], capture_output=True, text=True, check=False))
print(subprocess.call(["/bin/sh", "-c", "exit 9"]))
try:
    subprocess.run([sys.executable, "-c", "raise KeyError('lost')"], capture_output=True, text=True, check=True)
except subprocess.CalledProcessError as error:
    print(error, error.stderr)
