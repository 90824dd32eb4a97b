"""The live page: what is happening now, for a person on call."""

from pipeline.dashboard.access import AccessError, AccessSettings
from pipeline.dashboard.dashboard import Dashboard, Names, Settings

__all__ = ["AccessError", "AccessSettings", "Dashboard", "Names", "Settings"]
