"""Poolscope's headless core: it runs work, records it and explains it, without any user interface."""

__version__ = "0.1.0"
