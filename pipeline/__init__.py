"""Flinks Connect events on Kafka: session windows, visits and outcomes, exactly once."""

__version__ = "0.1.0"
