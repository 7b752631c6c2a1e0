"""The built-in workloads, one file each, and their registry."""
