"""The panels of the lab screen, one file each; each applies a frame snapshot and touches no process."""
