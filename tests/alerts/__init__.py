"""Tests of the detector, of incidents, and of who is told of them."""
