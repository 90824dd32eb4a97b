"""Who is told of incidents: webhooks, Slack and what is compatible with it, Prometheus' Alertmanager."""
