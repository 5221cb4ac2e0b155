"""Is this a plain head CT in Hounsfield units, and may blood be measured on it? By its headers, and by what air, CSF and brain read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import ndimage

from ..errors import Issue, Level
from ..geometry import Geometry
from ..hemorrhage_config import CtAuditConfig
from ..segmentation.ct_head import CoarseHead, CtHead, coarse_head, in_plane_distance
from ..types import Role, Series, Verdict, Volume
from .classify import sharp_kernel

_DERIVED = {"MPR", "LOCALIZER", "SCREEN SAVE", "SECONDARY", "PROJECTION IMAGE", "MIP", "MINIP"}

_SAMPLE = 2
"""Every second pixel tells the peak of air,"""
_SLICES = 40
"""and in tall stacks that many slices or a few more."""


@dataclass(frozen=True)
class CtAudit:
    """What a CT looks like.

    Args:
        facts: kernel, kvp, thickness_mm, slice_mm, tilt_deg, contrast; air_hu, csf_hu, brain_hu where there are pixels.
        issues: H codes.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether a volume may be measured."""
        if any(issue.blocks for issue in self.issues):
            return Verdict.REFUSE
        noted = any(issue.level is Level.WARN for issue in self.issues)
        return Verdict.MEASURE_WITH_NOTE if noted else Verdict.MEASURE


def audit_ct_headers(series: Series, *, config: CtAuditConfig = CtAuditConfig()) -> CtAudit:
    """Kernel, contrast agent, tube voltage, thickness and kind of the images.

    Args:
        series: CT.
        config: limits.
    """
    kernels = _told(series, "convolution_kernel") or _header(series, "convolution_kernel")
    voltages = sorted(float(v) for v in _told(series, "kvp"))
    thickness = sorted({frame.thickness for frame in series.frames if frame.thickness})
    agent = str(series.header.get("contrast_agent") or series.header.get("contrast_bolus_agent") or "")
    facts = {
        "kernel": ", ".join(map(str, kernels)),
        "kvp": voltages,
        "thickness_mm": thickness,
        "contrast_agent": agent,
        "tilt_deg": sorted({float(t) for t in _told(series, "gantry_tilt")}),
    }
    issues = [
        *_contrast(series, agent),
        *_kernel(series, kernels),
        *_kind(series),
        *_voltage(series, voltages, config),
        *_thickness(series, thickness, config),
    ]
    if len(kernels) > 1:
        issues.append(_changes(series, "kernel", kernels))
    return CtAudit(facts, tuple(issues))


def _told(series: Series, name: str) -> list:
    return sorted({frame.extra[name] for frame in series.frames if frame.extra.get(name) not in (None, "")}, key=str)


def _header(series: Series, name: str) -> list:
    value = series.header.get(name)
    return [value] if value else []


def _contrast(series: Series, agent: str) -> list[Issue]:
    reasons = [r for r in series.role_reasons if "contrast" in r.lower() and not r.startswith("CT without")]
    if series.role is Role.NCCT and not agent:
        return []
    if not agent and series.role not in (Role.ANGIOGRAPHY, Role.CTP) and not reasons:
        return []
    found = f"Contrast/Bolus Agent (0018,0010) {agent!r}" if agent else reasons[0] if reasons else f"role {series.role}"
    remedy = (
        "measure blood on the plain CT: contrast agent reads as blood; name this one with --series if there is no other"
    )
    return [Issue("H04", Level.ASK, found, "a CT without contrast agent", remedy, series.label)]


def _kernel(series: Series, kernels: Sequence) -> list[Issue]:
    sharp = [str(kernel) for kernel in kernels if sharp_kernel(str(kernel))]
    if not sharp:
        return []
    remedy = "use the brain reconstruction: a bone kernel sharpens borders and changes CT numbers"
    return [Issue("H04", Level.ASK, f"kernel {', '.join(sharp)}", "a soft tissue kernel", remedy, series.label)]


def _kind(series: Series) -> list[Issue]:
    words = {part.upper() for frame in series.frames for part in frame.image_type} & _DERIVED
    if not words and series.role not in (Role.DERIVED, Role.LOCALIZER):
        return []
    found = f"Image Type holds {', '.join(sorted(words))}" if words else f"role {series.role}"
    remedy = "measure on the acquired slices"
    return [Issue("H05", Level.STOP, found, "acquired axial slices", remedy, series.label)]


def _voltage(series: Series, voltages: Sequence[float], config: CtAuditConfig) -> list[Issue]:
    if series.kind == "nifti":
        return []
    if not voltages:
        remedy = "the CT numbers are checked instead"
        return [Issue("H10", Level.INFO, "no KVP (0018,0060)", "a tube voltage", remedy, series.label)]
    issues = []
    if voltages[-1] - voltages[0] > config.kvp_change:
        issues.append(_changes(series, "tube voltage", voltages))
    if voltages[0] < config.kvp_low or voltages[-1] > config.kvp_high:
        found = f"KVP {', '.join(f'{v:g}' for v in voltages)}"
        expected = f"{config.kvp_low:g} to {config.kvp_high:g} kV"
        remedy = "CT numbers of blood shift; the threshold follows the background"
        issues.append(Issue("H10", Level.WARN, found, expected, remedy, series.label))
    return issues


def _changes(series: Series, what: str, values: Sequence) -> Issue:
    listed = ", ".join(map(str, values))
    remedy = "borders and CT numbers differ between the slices"
    return Issue("H11", Level.WARN, f"{what} {listed} in one series", "one", remedy, series.label)


def _thickness(series: Series, thickness: Sequence[float], config: CtAuditConfig) -> list[Issue]:
    issues = []
    if len(thickness) > 1:
        listed = [f"{t:g}" for t in thickness]
        issues.append(_changes(series, "Slice Thickness", listed))
    if thickness and thickness[-1] > config.thickness_warn_mm:
        found = f"slices of {thickness[-1]:g} mm"
        expected = f"{config.thickness_warn_mm:g} mm or less"
        remedy = "small hematomas are uncertain; use a thinner series where there is one"
        issues.append(Issue("H08", Level.WARN, found, expected, remedy, series.label))
    return issues


def audit_ct_values(
    image: Volume,
    head: CtHead | None = None,
    *,
    rescale_types: Sequence[str] = (),
    config: CtAuditConfig = CtAuditConfig(),
) -> CtAudit:
    """What air, CSF and brain read, and what does not belong in a head.

    Args:
        image: HU.
        head: masks; without them air is all that is looked at.
        rescale_types: Rescale Type (0028,1054) as found, empty where there is none.
        config: limits.
    """
    air = _scale_audit(image, rescale_types, config)
    inside = audit_ct_head(image, head, config=config) if head is not None else CtAudit()
    return CtAudit(air.facts | inside.facts, (*air.issues, *inside.issues))


def audit_ct_head(image: Volume, head: CtHead, *, config: CtAuditConfig = CtAuditConfig()) -> CtAudit:
    """The part of `audit_ct_values` that needs the masks of the head: what CSF and brain read, and what does not belong there."""
    hu, tissue = np.asarray(image.values), head.tissue
    facts = {"csf_hu": _median(hu, head.ventricles.values), "brain_hu": _median(hu, tissue)}
    issues = [*_tissue(facts, head, config), *_dark(hu, head, tissue, config), *_foreign(hu, image, head, config)]
    return CtAudit(facts, tuple(issues))


def _scale_audit(image: Volume, rescale_types: Sequence[str], config: CtAuditConfig) -> CtAudit:
    """Air, the unit, and values that wrapped around."""
    hu = np.asarray(image.values)
    air, issues = _air(hu, config)
    facts = {"air_hu": air}
    if not any(rescale_types):
        level = Level.INFO if air is not None and not issues else Level.WARN
        remedy = "accepted, because air reads as it must" if level is Level.INFO else "check the CT numbers"
        issues.append(Issue("H02", level, "no Rescale Type (0028,1054)", "HU", remedy))
    issues += _wrapped(hu, config)
    return CtAudit(facts, tuple(issues))


def _median(hu: np.ndarray, where: np.ndarray) -> float | None:
    return float(np.median(hu[where])) if where.any() else None


def _air(hu: np.ndarray, config: CtAuditConfig) -> tuple[float | None, list[Issue]]:
    """Peak of air: most frequent value of those below -500 HU; padding that was set to -1024 is left out."""
    sample = hu[:: max(1, len(hu) // _SLICES), ::_SAMPLE, ::_SAMPLE]
    low = np.rint(sample[(sample < config.air_below_hu) & (sample > -1024)]).astype(int)
    if low.size < config.air_share * sample.size:
        return None, _no_air(hu, config)
    counts = np.bincount(low + 1024)
    # the mean of neighbors, because noise of air is cut off where the scanner stores no less
    peak = float(np.argmax(ndimage.uniform_filter1d(counts.astype(float), 9))) - 1024
    off = abs(peak - config.air_hu)
    if off <= config.air_note_hu:
        return peak, []
    found = f"air reads {peak:.0f} HU"
    expected = f"{config.air_hu:g} HU within {config.air_note_hu:g}"
    if off > config.air_tolerance_hu:
        remedy = "Rescale Slope (0028,1053) or Intercept (0028,1052) is wrong: export the series again"
        return peak, [Issue("H01", Level.STOP, found, expected, remedy)]
    remedy = (
        "Rescale Slope (0028,1053) or Intercept (0028,1052) may be wrong: the half maximum follows the background, "
        "fixed window, edema and the automatic search do not; compare with CSF and brain"
    )
    return peak, [Issue("H01", Level.WARN, found, expected, remedy)]


def _no_air(hu: np.ndarray, config: CtAuditConfig) -> list[Issue]:
    if float(hu.min()) <= config.air_hu + config.air_tolerance_hu:
        return []
    found = f"no air: the lowest value is {float(hu.min()):.0f} HU"
    remedy = "cropped or masked images cannot be checked; look at CSF and brain"
    return [Issue("H01", Level.WARN, found, f"air at {config.air_hu:g} HU", remedy)]


def _wrapped(hu: np.ndarray, config: CtAuditConfig) -> list[Issue]:
    high = hu > config.wrap_hu
    if not high.any():
        return []
    beside = ndimage.binary_dilation(high, np.ones((1, 3, 3))) & (hu < config.air_below_hu)
    if not beside.any():
        return []
    found = f"{np.count_nonzero(high)} voxels above {config.wrap_hu:g} HU beside air"
    return [Issue("H03", Level.WARN, found, "no such step", "stored values wrapped around; check the rescale")]


def _tissue(facts: dict[str, Any], head: CtHead, config: CtAuditConfig) -> list[Issue]:
    issues = []
    brain, csf = facts["brain_hu"], facts["csf_hu"]
    low, high = config.tissue_low_hu, config.tissue_high_hu
    if brain is not None and not low <= brain <= high:
        off = max(low - brain, brain - high)
        level = Level.STOP if off > config.tissue_stop_hu else Level.WARN
        remedy = "the rescale is wrong, or contrast agent was given: blood cannot be told by its CT number"
        issues.append(Issue("H12", level, f"brain reads {brain:.0f} HU", f"{low:g} to {high:g} HU", remedy))
    if csf is not None and not config.csf_low_hu <= csf <= config.csf_high_hu:
        expected = f"{config.csf_low_hu:g} to {config.csf_high_hu:g} HU"
        remedy = "blood in the ventricles, partial volume or a wrong rescale"
        issues.append(Issue("H12", Level.WARN, f"CSF of the ventricles reads {csf:.0f} HU", expected, remedy))
    return issues


def _dark(hu: np.ndarray, head: CtHead, brain: np.ndarray, config: CtAuditConfig) -> list[Issue]:
    """Where little of a whole head has the CT numbers of brain, or most of that is as dark as CSF, no blood would be found in the rest."""
    if not head.has_skull:
        return []
    inside, tissue = np.count_nonzero(head.brain.values), np.count_nonzero(brain)
    found = []
    if head.coverage_mm >= config.whole_mm and head.brain.volume_ml < config.least_brain_ml:
        found.append(f"{head.brain.volume_ml:.0f} mL inside the skull have the CT numbers of brain and CSF")
    if tissue < config.tissue_share * inside:
        median = np.median(hu[head.brain.values])
        found.append(f"{100 - 100 * tissue / inside:.0f} % of the brain is as dark as CSF; it reads {median:.0f} HU")
    expected = f"brain of {config.tissue_low_hu:g} to {config.tissue_high_hu:g} HU"
    remedy = "Rescale Slope (0028,1053) or Intercept (0028,1052) is wrong: export the series again"
    return [Issue("H12", Level.STOP, words, expected, remedy) for words in found[:1]]


def _foreign(hu: np.ndarray, image: Volume, head: CtHead, config: CtAuditConfig) -> list[Issue]:
    if not head.has_skull:
        return []
    issues = []
    near = _above_base(head)
    metal = image.geometry.volume_ml((hu > config.metal_hu) & near)
    if metal > config.metal_ml:
        issues.append(
            _operated(f"{metal:.2f} mL above {config.metal_hu:g} HU in the vault", "metal: clip, plate or drain")
        )
    return issues + _in_the_vault(head.coarse or coarse_head(image, head), config)


def _in_the_vault(coarse: CoarseHead, config: CtAuditConfig) -> list[Issue]:
    """Gas, dense objects, contrast agent and holes of the skull, in the slices above its base."""
    geometry, hu = coarse.image.geometry, coarse.image.values
    bone = hu > config.hole_bone_hu
    area = np.count_nonzero(coarse.brain, axis=(1, 2))
    large = np.flatnonzero(area > 0.5 * area.max(initial=0))
    # deep in a head that is closed again where bone is missing
    inside = np.zeros_like(bone)
    for k in large:
        inside[k] = ndimage.binary_fill_holes(coarse.brain[k])
    depth = in_plane_distance(inside, geometry)
    deep = depth > config.deep_mm
    issues = []
    gas = geometry.volume_ml(_beside_brain((hu < config.air_inside_hu), coarse.brain, large, geometry))
    if gas > config.air_inside_ml:
        issues.append(_operated(f"{gas:.1f} mL of gas inside the skull", "gas: surgery, puncture or fracture"))
    dense = geometry.volume_ml(deep & (hu > config.dense_hu))
    if dense > config.dense_ml:
        found = f"{dense:.1f} mL above {config.dense_hu:g} HU deep in the brain"
        issues.append(_operated(found, "dense object: drain, coil, or large calcification"))
    bright = geometry.volume_ml(deep & (hu > config.enhanced_hu) & (hu < config.dense_hu))
    if bright > config.enhanced_ml:
        found = f"{bright:.1f} mL of {config.enhanced_hu:g} to {config.dense_hu:g} HU deep in the brain"
        remedy = "contrast agent reads as blood, vessels beside a clot join it: use the plain CT where there is one"
        issues.append(Issue("H04", Level.WARN, found, "vessels without contrast agent", remedy))
    hole = _hole_cm2(inside, bone, large, geometry, config)
    if hole > config.hole_cm2:
        found = f"no bone along {hole:.0f} cm2 of the brain"
        issues.append(_operated(found, "hole of the skull: craniectomy, trepanation"))
    return issues


def _beside_brain(gas: np.ndarray, brain: np.ndarray, slices: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Gas that lies against brain or is surrounded by it: that of sinuses has bone in between."""
    found = np.zeros_like(gas)
    for k in slices:
        labels, count = ndimage.label(gas[k])
        if not count:
            continue
        beside = ndimage.binary_dilation(brain[k], iterations=3) & gas[k]
        sizes = np.bincount(labels.ravel(), minlength=count + 1)
        near = np.bincount(labels[beside], minlength=count + 1)
        kept = near > 0.1 * sizes
        kept[0] = False
        found[k] = kept[labels]
    return found


def _hole_cm2(
    inside: np.ndarray, bone: np.ndarray, slices: np.ndarray, geometry: Geometry, config: CtAuditConfig
) -> float:
    """Area of the border of the brain that has no bone near outside of it, without the uppermost slices, where the vault slopes."""
    along_i, along_j = geometry.pixel_spacing
    total = 0.0
    for k in slices[1:-1]:
        border = inside[k] & ~ndimage.binary_erosion(inside[k])
        far = ndimage.distance_transform_edt(~bone[k], sampling=(along_j, along_i)) > config.hole_reach_mm
        total += np.count_nonzero(border & far) * np.sqrt(along_i * along_j) * float(geometry.slice_extents[k]) / 100
    return total


def _above_base(head: CtHead) -> np.ndarray:
    """Brain and bone in the slices whose section of brain is large: teeth and fillings are below them."""
    area = np.count_nonzero(head.brain.values, axis=(1, 2)) * head.brain.geometry.pixel_area_mm2
    large = area > 0.5 * area.max(initial=0)
    return (head.brain.values | head.skull.values) & large[:, None, None]


def _operated(found: str, what: str) -> Issue:
    remedy = "a reader must say what is blood: streaks, drains and packing are left out by no rule"
    return Issue("H13", Level.WARN, found, f"no {what}", remedy)
