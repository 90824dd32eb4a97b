"""Tests of counting by minute, and of what flinks.counts says."""
