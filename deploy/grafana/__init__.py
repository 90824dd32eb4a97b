"""Grafana's dashboards, a module each; `python -m deploy.grafana` writes them to dashboards/.

They are made with Grafana's own types (grafana-foundation-sdk), so that a field that Grafana does not have is an error
here and not an empty panel there.
"""
