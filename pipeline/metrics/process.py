"""What every process tells of itself."""

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector

from pipeline import __version__


def tell_of_process(registry: CollectorRegistry) -> None:
    """Define Prometheus' usual `process_…` metrics and the version in a registry."""
    build = Gauge("flinks_build_info", "Always 1; the version that runs is the label.", ["version"], registry=registry)
    build.labels(__version__).set(1)
    ProcessCollector(registry=registry)
