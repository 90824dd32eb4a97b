"""Writes the dashboards: python -m deploy.grafana."""

from deploy.grafana.written import FOLDER, written

for name, text in written().items():
    (FOLDER / name).write_text(text, "utf-8")
    print(FOLDER / name)
