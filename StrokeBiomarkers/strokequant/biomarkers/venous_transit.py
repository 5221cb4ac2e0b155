"""Tmax of the vein in use: how late the blood leaves the brain; prolonged venous transit is one that is late from 10 s on.

The published sign is Tmax of 10 s or more in the superior sagittal sinus or the torcula, seen on the map. Sinuses lie outside of the
brain mask, so that no map shows them here: the mean curve of the vein is deconvolved with the artery by the same settings as the
maps. A vein that does not lie near the mid-plane in the back half of the head is neither of the two, and gives no number.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ..errors import Issue, Level, MapError
from ..maps.voxelwise import voxel_values
from ..perfusion_config import DeconvolutionConfig, VesselConfig
from ..perfusion_types import Curves, VesselCurve, Vessels
from ..segmentation.sides import MidPlane
from ..types import Mask, Measurement, Status
from .catalog import measure

VENOUS_TMAX = "perfusion_venous_tmax"
PROLONGED = "A13"


def venous_tmax(
    vessels: Vessels,
    curves: Curves,
    plane: MidPlane,
    brain: Mask,
    *,
    leave_out: Iterable[int] = (),
    config: VesselConfig = VesselConfig(),
    deconvolution: DeconvolutionConfig = DeconvolutionConfig(),
) -> Measurement:
    """Tmax of the vein in use, s.

    Args:
        vessels: with the artery that the maps were made with.
        curves: of the same study; they say times and grid, their values are not used.
        plane: mid-sagittal plane.
        brain: mask whose center tells front from back.
        leave_out: frames that the maps were made without.
        config: threshold of prolonged transit, distance from the mid-plane.
        deconvolution: settings of the maps.

    Returns:
        The measurement; A13 says that it is prolonged. No value, with A13 or A02, where there is no such vein.
    """
    vein = vessels.vof
    if vein is None or vessels.aif is None:
        return _absent(tuple(i for i in vessels.issues if i.code == "A02") or (_no_vein("no vein in use"),))
    where = ", ".join(f"{x:.0f}" for x in vein.center_lps)
    if not is_posterior_sinus(vein, plane, brain, config):
        return _absent((_no_vein(f"the vein in use lies at LPS {where} mm"),))
    try:
        seconds = tmax_of(vein, vessels.aif, curves, leave_out=leave_out, config=deconvolution)
    except MapError as error:
        return _absent((_no_vein(error.issues[0].found),))
    if seconds is None:
        return _absent((_no_vein("a vein without a positive residue and area"),))
    late = is_prolonged(seconds, config)
    words = f"venous transit {'' if late else 'not '}prolonged, limit {config.prolonged_transit_s:g} s; "
    words += f"mean curve of {len(vein.voxels)} voxels at LPS {where} mm, {vein.method}"
    issues = (_prolonged(seconds, config),) if late else ()
    unit = measure(VENOUS_TMAX).unit
    return Measurement(VENOUS_TMAX, seconds, unit, Status.MEASURED, method=words, inputs=curves.inputs, issues=issues)


def is_prolonged(tmax_s: float, config: VesselConfig = VesselConfig()) -> bool:
    """Whether venous transit is prolonged; the limit itself is."""
    return tmax_s >= config.prolonged_transit_s


def is_posterior_sinus(vein: VesselCurve, plane: MidPlane, brain: Mask, config: VesselConfig = VesselConfig()) -> bool:
    """Whether a vein lies near the mid-plane behind the center of the brain, as sagittal sinus and torcula do."""
    index = np.argwhere(brain.values)
    if not len(index) or plane.side(vein.center_lps, config.midline_mm) != "midline":
        return False
    return vein.center_lps[1] > float(brain.geometry.to_lps(index)[:, 1].mean())


def tmax_of(
    vein: VesselCurve,
    aif: VesselCurve,
    curves: Curves,
    *,
    leave_out: Iterable[int] = (),
    config: DeconvolutionConfig = DeconvolutionConfig(),
) -> float | None:
    """Tmax of one curve in s, None without a positive residue and area.

    Raises:
        MapError: D20 where artery or times cannot be used.
    """
    mask = np.zeros(curves.mask.shape, bool)
    mask.flat[0] = True
    alone = replace(
        curves,
        values=np.asarray(vein.values, np.float32)[None],
        mask=mask,
        times_s=np.asarray(vein.times_s, float),
        slice_times_s=None,
        flags=None,
    )
    found = voxel_values(alone, aif, wanted=("cbf", "cbv", "tmax"), leave_out=leave_out, config=config)
    usable = found.flow[0] > 0 and found.volume[0] > 0
    return float(found.tmax_s[0]) if usable else None


def _absent(issues: tuple[Issue, ...]) -> Measurement:
    return Measurement(VENOUS_TMAX, None, measure(VENOUS_TMAX).unit, Status.NOT_EVALUABLE, issues=issues)


def _no_vein(found: str) -> Issue:
    expected = "a vein near the mid-plane in the back half of the head: superior sagittal sinus or torcula"
    return Issue(PROLONGED, Level.INFO, found, expected, "choose the venous output by hand")


def _prolonged(seconds: float, config: VesselConfig) -> Issue:
    found = f"Tmax of the venous output {seconds:.1f} s"
    return Issue(
        PROLONGED, Level.INFO, found, f"below {config.prolonged_transit_s:g} s", "look at the sinus on the curves"
    )
