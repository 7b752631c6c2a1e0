"""Turns numbers into text and JSON."""
