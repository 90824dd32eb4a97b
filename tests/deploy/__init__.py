"""Prometheus' settings and rules, Grafana's dashboards, containers."""
