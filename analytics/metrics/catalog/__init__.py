"""Every number we show, declared once. To add one, add an entry to its subject's file: nothing else."""

from analytics.errors import UnknownNameError
from analytics.metrics.catalog.declare import Metric, Unit
from analytics.metrics.catalog.outcomes import OUTCOMES
from analytics.metrics.catalog.repairs import REPAIRS
from analytics.metrics.catalog.spending import SPENDING
from analytics.metrics.catalog.work import WORK

__all__ = ["CATALOG", "METRICS", "SUBJECTS", "Metric", "Unit", "metric"]

SUBJECTS = {"Outcomes": OUTCOMES, "Repairs": REPAIRS, "Spending": SPENDING, "Work": WORK}
"""Every metric, by what it is about."""

CATALOG = tuple(metric for subject in SUBJECTS.values() for metric in subject)

METRICS = {metric.name: metric for metric in CATALOG}
"""Every metric, by name."""

if len(METRICS) != len(CATALOG) or len({metric.title for metric in CATALOG}) != len(CATALOG):
    raise ValueError("two metrics share a name or a title")


def metric(name: str) -> Metric:
    """Return a metric by name.

    Raises:
        UnknownNameError: there is none of that name; the message says the nearest.
    """
    if name not in METRICS:
        raise UnknownNameError("metric", name, METRICS)
    return METRICS[name]
