"""The listener script in its parts; `pipeline.collector.scripts` puts them together."""
