"""Made-up Flinks users: events as they would arrive, and what is true of each session.

`Simulation(seed, users_per_minute, start_ms, users=1000).events()` yields (time of delivery, record
key, value) in order of arrival, and leaves in its `truth` the sessions that have ended.
"""

from pipeline.simulator.delivery import HOSTILE, Delivery
from pipeline.simulator.files import START_MS, write
from pipeline.simulator.incidents import Incident, IncidentError, parse_incident
from pipeline.simulator.journeys import JOURNEYS, Journey
from pipeline.simulator.simulation import Simulation
from pipeline.simulator.truth import Session

__all__ = [
    "HOSTILE",
    "JOURNEYS",
    "START_MS",
    "Delivery",
    "Incident",
    "IncidentError",
    "Journey",
    "Session",
    "Simulation",
    "parse_incident",
    "write",
]
