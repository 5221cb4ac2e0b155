"""Inserts of known volume, each imaged alone: measured by the very code that measures a patient's hematoma, so that its bias is in the number.

The insert is the brightest large spot below bone. Which of the certified volumes it is, is told by the nearest one.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import ndimage

from ..acr_config import VolumeInsertConfig
from ..config import ReadConfig
from ..dicomio.read import read_volume
from ..errors import Issue, Level, StrokeQuantError
from ..hemorrhage_config import HematomaConfig
from ..phantom_types import Insert, InsertPlacement, PhantomDefinition, PhantomMeasurement, PhantomSession, ScannerState
from ..segmentation.hematoma import Hematoma, segment_hematoma
from ..types import Equipment, Series, Volume
from .acr_session import protocol_of, time_of
from .analysis import measured, not_computed, with_picture
from .certified import certified_value
from .qualification import day_of
from .scanner import scanner_state


def analyze_volume_inserts(
    series: Sequence[Series],
    phantom: PhantomDefinition,
    *,
    serial: str = "",
    observations: tuple[str, ...] = (),
    placements: Mapping[str, tuple[float, float, float]] | None = None,
    config: VolumeInsertConfig = VolumeInsertConfig(),
    read_config: ReadConfig = ReadConfig(),
    hematoma_config: HematomaConfig = HematomaConfig(),
) -> PhantomSession:
    """Measure every CT series as the scan of one insert; never raises for bad input.

    Args:
        series: of one session.
        phantom: registry entry whose inserts have volumes.
        placements: label -> LPS mm, a point within the insert of that label, from which it is outlined again.
    """
    own = sorted((s for s in series if s.modality in ("CT", "")), key=lambda s: s.key)
    measurements: list[PhantomMeasurement] = []
    placements: list[InsertPlacement] = []
    issues: list[Issue] = []
    for one in own:
        try:
            volume = read_volume(one, config=read_config)
        except StrokeQuantError as error:
            issues += [Issue(i.code, Level.WARN, i.found, i.expected, i.remedy, i.subject) for i in error.issues]
            continue
        words = {"group": one.key, "config": config, "hematoma_config": hematoma_config}
        found, place, noticed = measure_insert(volume, phantom, **words)
        label = place[0].label if place else ""
        if placements and label in placements:
            found, place, noticed = measure_insert(volume, phantom, seed_lps=placements[label], **words)
            noticed.append(
                Issue(
                    "Q04",
                    Level.INFO,
                    f"{label} placed by a person",
                    "",
                    "the placements are part of the record",
                    one.key,
                )
            )
        measurements += found
        placements += place
        issues += noticed
    if not any(m.value is not None for m in measurements):
        expected = "CT series, each of one insert"
        issues.append(
            Issue("Q01", Level.STOP, f"no insert in {len(own)} CT series", expected, "scan each insert alone")
        )
    first = own[0] if own else None
    return PhantomSession(
        phantom=phantom,
        scanner=scanner_state(first) if first else ScannerState(Equipment(), "CT"),
        date=day_of(first) if first else "",
        measurements=tuple(measurements),
        serial_seen=serial,
        placements=tuple(placements),
        observations=observations,
        issues=tuple(issues),
        inputs=tuple(dict.fromkeys(ref for m in measurements for ref in m.inputs)),
        protocol=protocol_of(first),
        time=time_of(first),
    )


def measure_insert(
    volume: Volume,
    phantom: PhantomDefinition,
    *,
    group: str = "",
    seed_lps: tuple[float, float, float] | None = None,
    config: VolumeInsertConfig = VolumeInsertConfig(),
    hematoma_config: HematomaConfig = HematomaConfig(),
) -> tuple[list[PhantomMeasurement], list[InsertPlacement], list[Issue]]:
    """Volume and bias of the insert in one image.

    Args:
        volume: in HU.
        group: name of the series; numbers of different series are not pooled.
        seed_lps: point within the insert; looked for where it is None.
    """
    inputs = (volume.source,) if volume.source else ()
    try:
        seed = seed_lps or _seed(volume, config)
        found = segment_hematoma(volume, seed, config=hematoma_config)
    except StrokeQuantError as error:
        reason = Issue(
            "Q01", Level.WARN, error.issues[0].found, "an insert of blood-like density", "look at the images", group
        )
        return [not_computed("volume", reason, inputs=inputs)], [], [reason]
    insert = _nearest(phantom, found.volume_ml, config)
    if insert is None:
        reason = Issue(
            "Q63",
            Level.WARN,
            f"{found.volume_ml:.2f} mL",
            "the volume of an insert of this phantom",
            "name the right phantom",
            group,
        )
        return [not_computed("volume", reason, inputs=inputs)], [], [reason]
    return _numbers(found, insert, group, volume, config), [_placement(found, insert, volume)], []


def _seed(volume: Volume, config: VolumeInsertConfig) -> tuple[float, float, float]:
    """Point in the middle of the brightest spot of soft density."""
    dx, dy = volume.geometry.pixel_spacing
    size = config.smooth_mm
    soft = np.clip(volume.values, config.low_hu, config.high_hu)
    smooth = ndimage.gaussian_filter(soft, [0, size / dy, size / dx])
    near_bone = ndimage.maximum_filter(volume.values >= config.high_hu, size=(1, 5, 5))
    smooth[near_bone] = config.low_hu
    k, j, i = np.unravel_index(int(np.argmax(smooth)), smooth.shape)
    return tuple(float(v) for v in volume.geometry.to_lps(np.array([[k, j, i]]))[0])


def _nearest(phantom: PhantomDefinition, ml: float, config: VolumeInsertConfig) -> Insert | None:
    inserts = [i for i in phantom.inserts if i.quantity == "volume" and i.value]
    if not inserts or ml <= 0:
        return None
    nearest = min(inserts, key=lambda i: abs(np.log(ml / i.value)))
    return nearest if abs(ml / nearest.value - 1) <= config.match_share else None


def _numbers(
    found: Hematoma, insert: Insert, group: str, volume: Volume, config: VolumeInsertConfig
) -> list[PhantomMeasurement]:
    certified = certified_value(insert)
    true = certified.value
    parts = (_noise_ml(found, volume, config), certified.uncertainty or 0.0)
    relative = 100 * float(np.hypot(*parts)) / true
    inputs = (volume.source,) if volume.source else ()
    facts = {"group": group, "reference": true, "inputs": inputs, "n": int(np.count_nonzero(found.mask.values))}
    bias = 100 * (found.volume_ml - true) / true
    return [
        measured("volume", found.volume_ml, insert.label, method="sum of shares, as in patients", **facts),
        measured("volume_bias_percent", bias, insert.label, uncertainty=relative, **facts),
        measured("volume_half_maximum", found.half_maximum_ml, insert.label, **facts),
    ]


def _placement(found: Hematoma, insert: Insert, volume: Volume) -> InsertPlacement:
    center = volume.geometry.to_lps(np.argwhere(found.mask.values)).mean(axis=0)
    place = tuple(float(v) for v in center)
    placed = InsertPlacement(insert.label, place, insert.radius_mm, found.mask.values, volume.geometry)
    return with_picture(placed, volume.values)


def _noise_ml(found: Hematoma, volume: Volume, config: VolumeInsertConfig) -> float:
    """Expanded uncertainty by the noise of the voxels in and around the insert, which each hold a share of it."""
    steps = [config.around_mm / step for step in (*volume.geometry.pixel_spacing[::-1],)]
    grown = ndimage.binary_dilation(found.mask.values, np.ones((3, 2 * int(steps[0]) + 1, 2 * int(steps[1]) + 1)))
    around = volume.values[grown & ~ndimage.binary_dilation(found.mask.values, np.ones((3, 3, 3)))]
    if not around.size or found.clot_hu == found.background_hu:
        return 0.0
    sd = 1.4826 * float(np.median(np.abs(around - np.median(around))))
    voxel = float(volume.geometry.voxel_volumes_mm3.mean()) / 1000
    return 2 * voxel * sd * float(np.sqrt(np.count_nonzero(grown))) / abs(found.clot_hu - found.background_hu)
