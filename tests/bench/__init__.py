"""Measurements: `tests/bench/run engine`, `restore`, `memory` and `latency`. README.md here has what they gave.

They print figures and never judge them: a figure depends on the machine, and on who else uses it.
"""
