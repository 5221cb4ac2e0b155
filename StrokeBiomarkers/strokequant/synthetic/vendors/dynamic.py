"""What writers of dynamic series share: what a scan is, and the clock of the scanner."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from ...types import TimeSeries
from ..grids import Slab
from ..perfusion_protocol import Protocol
from .common import Study

AFTER_STUDY_S = 600.0
"""The dynamic series starts this long after the study."""


@dataclass(frozen=True, eq=False)
class DynamicScan:
    """Frames to write; a `PerfusionPatient` has the same attributes.

    Args:
        series: frames.
        slab: slices.
        protocol: how they were measured.
    """

    series: TimeSeries
    slab: Slab
    protocol: Protocol


def slice_times(scan: DynamicScan) -> np.ndarray:
    """(t, k) s of every slice."""
    return scan.protocol.slice_times_s(scan.slab.geometry.shape[0])


def moment(study: Study, seconds: float) -> tuple[str, str]:
    """DICOM date and time, with microseconds, of a moment of the dynamic series; goes on past midnight."""
    start = datetime.strptime(study.date + study.time[:6], "%Y%m%d%H%M%S")
    then = start + timedelta(microseconds=round((AFTER_STUDY_S + seconds) * 1e6))
    return then.strftime("%Y%m%d"), then.strftime("%H%M%S.%f")
