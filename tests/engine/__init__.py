"""Tests of the engine: pure ones of its parts, and of the whole against a real broker."""
