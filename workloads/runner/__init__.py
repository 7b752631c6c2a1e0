"""The process that executes one run; started fresh for each, under the guardian."""
