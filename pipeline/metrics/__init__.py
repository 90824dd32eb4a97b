"""Every Prometheus metric, and the port on which they are served."""

from pipeline.metrics.admin import AdminServer
from pipeline.metrics.committed import CommittedMetrics
from pipeline.metrics.engine import EngineMetrics
from pipeline.metrics.gauges import EngineGauges
from pipeline.metrics.metrics import Metrics
from pipeline.metrics.process import tell_of_process
from pipeline.metrics.readiness import unready_reason

__all__ = [
    "AdminServer",
    "CommittedMetrics",
    "EngineGauges",
    "EngineMetrics",
    "Metrics",
    "tell_of_process",
    "unready_reason",
]
