"""Poolscope in the terminal: the Textual app over the headless core."""
