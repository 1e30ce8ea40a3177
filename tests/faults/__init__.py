"""Faults that are really injected: a process killed, refused or overtaken at every one of its steps.

`python -m tests.faults` runs all of it and prints how many of how many converged.
"""
