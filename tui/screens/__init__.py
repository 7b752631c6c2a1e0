"""Screens: the lab, and what opens over it."""
