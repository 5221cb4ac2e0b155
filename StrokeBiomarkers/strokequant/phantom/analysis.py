"""What the analysis of any phantom hands on."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import Issue, Level
from ..geometry import Geometry
from ..phantom_types import InsertPlacement, PhantomMeasurement, PhantomPose
from ..types import InputRef, Status
from .metrics import PHANTOM_METRICS


@dataclass(frozen=True, eq=False)
class Analysis:
    """Numbers of one phantom in one or more series.

    Args:
        measurements: every metric of the kind of phantom, with value or reason.
        pose: None where the phantom was not found.
        issues: of the whole; one that blocks withholds the verdict.
        geometry, images: grid of the placements and the image that they lie on, where the analysis made its own.
    """

    measurements: tuple[PhantomMeasurement, ...]
    pose: PhantomPose | None = None
    placements: tuple[InsertPlacement, ...] = ()
    issues: tuple[Issue, ...] = ()
    geometry: Geometry | None = None
    images: dict[str, np.ndarray] = field(default_factory=dict)


def measured(
    metric: str, value: float, insert: str = "", *, inputs: tuple[InputRef, ...] = (), **more
) -> PhantomMeasurement:
    """A number in the unit of the catalog; refused where it lies outside the physical range."""
    entry = PHANTOM_METRICS[metric]
    value = float(value)
    low, high = entry.low, entry.high
    if not (low is None or value >= low) or not (high is None or value <= high) or value != value:
        found = f"{value:.{entry.decimals}f} {entry.unit_text}".strip()
        expected = f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'} {entry.unit_text}"
        issue = Issue("Q63", Level.STOP, found, expected, "look at the images: phantom, module or pose", entry.name)
        return not_computed(metric, issue, insert, inputs=inputs)
    return PhantomMeasurement(metric, value, entry.unit, insert, inputs=inputs, **more)


def not_computed(
    metric: str, issue: Issue, insert: str = "", *, inputs: tuple[InputRef, ...] = ()
) -> PhantomMeasurement:
    """A metric without number, with the reason; the others go on."""
    unit = PHANTOM_METRICS[metric].unit
    return PhantomMeasurement(
        metric, None, unit, insert, status=Status.NOT_EVALUABLE, judged=False, inputs=inputs, issues=(issue,)
    )


def with_picture(placement: InsertPlacement, values: np.ndarray) -> InsertPlacement:
    """A region with the slice of its own image that it is shown on; values are (k, j, i) on its grid."""
    return replace(placement, picture=np.array(values[placement.middle_slice], np.float32))
