"""Reads what the processes of a run wrote; never executes or unpickles any of it."""
