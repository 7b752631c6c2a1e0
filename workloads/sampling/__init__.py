"""Asks the operating system about cores, processes, memory and the CPU budget."""
