"""What executes a workload, one file an engine, behind one small protocol."""
