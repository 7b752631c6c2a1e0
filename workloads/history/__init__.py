"""Comparisons of the past: kept in a database beside the recordings, found again, and read back as they were."""
