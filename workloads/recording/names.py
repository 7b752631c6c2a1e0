"""Names and limits of files in a run directory that several modules need; apart, because it costs nothing to import."""

SAMPLES_NAME = "samples.jsonl"
SAMPLES_LIMIT = 8_000_000
"""Bytes of it that are read and saved."""
LOG_NAMES = ("stdout.log", "stderr.log", "log.log")
"""Files that output and log are written to."""
EXHIBIT_NAMES = ("canvas", "gauges")
"""Files with what a run has to show beside figures: a picture that its workers draw, and figures that change."""
