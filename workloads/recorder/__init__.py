"""The recorder: injected into every Python process of a run; standard library only, and nothing else of ours."""
