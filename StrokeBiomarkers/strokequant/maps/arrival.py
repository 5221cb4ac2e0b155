"""Arrival of the bolus in every voxel, where it is asked for (collateral and delay measures, quality control).

It is never used to shift curves before a deconvolution that does not depend on delay.
"""

import numpy as np

from ..perfusion_config import VesselConfig
from ..perfusion_types import Curves
from ..vessels.shape import curve_shapes
from ..vessels.survey import times_of_slice


def arrival_times(curves: Curves, config: VesselConfig = VesselConfig()) -> np.ndarray:
    """(n,) s at which each curve, followed back from its peak, crosses 20 % of it; times of its own slice where there are such; NaN without a positive value.

    Single voxels need smoothed curves: noise moves the crossing by its SD over the slope.
    """
    slices = np.argwhere(curves.mask)[:, 0]
    arrival = np.empty(len(curves.values))
    for k in np.unique(slices):
        rows = slices == k
        shapes = curve_shapes(curves.values[rows], times_of_slice(curves, k), curves.bolus.first, config)
        arrival[rows] = np.where((curves.values[rows] > 0).any(axis=1), shapes.arrival_s, np.nan)
    return arrival
