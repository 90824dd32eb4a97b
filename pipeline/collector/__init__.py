"""The HTTP door: takes what browsers, backends and Flinks' webhooks send, and acknowledges it once Kafka has it."""

from pipeline.collector.collector import Collector
from pipeline.collector.keys import App, Keys, KeysError, read_keys
from pipeline.collector.settings import Settings

__all__ = ["App", "Collector", "Keys", "KeysError", "Settings", "read_keys"]
