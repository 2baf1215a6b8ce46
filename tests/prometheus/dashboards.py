"""The dashboards as Grafana reads them, and what is asked of Prometheus for their panels."""

import json
import re
from dataclasses import dataclass

from tests.conftest import ROOT

FILES = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
SUBSTITUTES = {"$__rate_interval": "10s", "$__range": "60s"}


@dataclass(frozen=True)
class Query:
    """One query of one panel."""

    dashboard: str
    panel: dict
    target: dict

    @property
    def name(self):
        """Where it stands."""
        return f"{self.dashboard}: {self.panel['title']}: {self.target['refId']}"

    @property
    def labels(self):
        """Those its panel shows."""
        return set(re.findall(r"{{(\w+)}}", self.target["legendFormat"])) | set(self.columns)

    @property
    def columns(self):
        """Of its table, but for the value."""
        order = next((of["options"]["indexByName"] for of in self.transformations if of["id"] == "organize"), {})
        return [name for name in order if name != "Value"]

    @property
    def transformations(self):
        """What Grafana makes of a table."""
        return self.panel.get("transformations", [])

    @property
    def expression(self):
        """What Prometheus is asked where all of each variable is shown."""
        return substitute(self.target["expr"], SUBSTITUTES)


def substitute(expression, values):
    """An expression with the values of Grafana's variables; all, where none is given."""
    for name, value in values.items():
        expression = expression.replace(name, value)
    return re.sub(r"\$\w+", ".*", expression)


def read(path):
    """A dashboard."""
    return json.loads(path.read_text())


def panels(dashboard):
    """All of them but rows, those in collapsed rows included."""
    for panel in dashboard["panels"]:
        yield from panel.get("panels", [])
        if panel["type"] != "row":
            yield panel


def queries():
    """All queries of all panels."""
    return [
        Query(path.stem, panel, target) for path in FILES for panel in panels(read(path)) for target in panel["targets"]
    ]
