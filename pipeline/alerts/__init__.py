"""Baselines, the detector of error-rate spikes and outages, and incidents. Pure: no I/O, and no clock.

`Alerts` takes a `Bucket` at a time and gives what is to be told. Everything is judged by one statistic (`statistic`):
how many nats speak against a window of counts having come at its baseline's rate, with the rate free to be off by as
much as it is known to scatter. It is looked at over horizons from a minute to three hours (`windows`), against
baselines by series, hour and fleet (`level`, `season`, `dispersion`) as they were before those hours (`learned`), and
compared with what a budget of false alarms leaves (`thresholds`). `incidents` make one of what belongs together.
"""

from pipeline.alerts.alert import Alert
from pipeline.alerts.alerts import Alerts, OrderError
from pipeline.alerts.bucket import ANY, BACKLOG, NO_COMPLETION, NO_REQUEST_ID, Bucket, Row
from pipeline.alerts.dump import DumpError
from pipeline.alerts.settings import AlertSettings, Maintenance
from pipeline.alerts.transition import Told

__all__ = [
    "ANY",
    "BACKLOG",
    "NO_COMPLETION",
    "NO_REQUEST_ID",
    "Alert",
    "AlertSettings",
    "Alerts",
    "Bucket",
    "DumpError",
    "Maintenance",
    "OrderError",
    "Row",
    "Told",
]
