"""Motion: every frame of a time series rigidly onto the mean of its baseline, with one interpolation.

CT is registered by the skull, with the bolus as a gain that varies smoothly over the brain, see `gain_registration`; MR by mutual
information, which bears best with a signal that drops differently in every tissue. Frames that hardly moved stay as they are, since an interpolation would cost more than it gives. A frame that cannot be brought
into place is replaced by the line between its neighbors in time, and said so.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from ..config import AdcConfig
from ..errors import Issue, Level
from ..geometry import Geometry
from ..perfusion_config import MotionConfig
from ..perfusion_types import MotionTrace
from ..types import TimeSeries
from .gain_registration import Fit, GainRegistration, gain_registration
from .motion_steps import change_by_motion
from .rigid import RigidSearch, can_register, move


@dataclass(frozen=True, eq=False)
class Corrected:
    """A time series without motion.

    Args:
        series: the same series object where no frame had to be moved.
        trace: what was measured.
        covered: (k, j, i) bool, voxels that lie inside the image in every frame; on CT, that are clear of bone in all of them too.
        change: (k, j, i) of `change_by_motion` for the frame that moved most; None on CT and where nothing moved.
    """

    series: TimeSeries
    trace: MotionTrace
    covered: np.ndarray
    change: np.ndarray | None = None


@dataclass(frozen=True)
class _Register:
    """How images of this series are registered."""

    geometry: Geometry
    kind: str
    in_plane: bool
    config: MotionConfig

    def prepared(self, image: np.ndarray) -> np.ndarray:
        """CT: the head alone, without table and head rest, from the floor of its window upward; MR as it is."""
        if self.kind != "ctp":
            return image
        low, high = self.config.ct_low_hu, self.config.ct_high_hu
        return np.where(_head(image, self.config), np.clip(image, low, high) - low, 0).astype(np.float32)

    def equations(self, fixed: np.ndarray) -> GainRegistration:
        """The registration to a prepared image."""
        from skimage.filters import threshold_otsu

        rim = np.ones((1, 3, 3))
        smooth_mm = self.config.smooth_mm
        if self.kind == "ctp":
            smooth_mm = max(smooth_mm, self.config.ct_smooth_slices * self.geometry.mean_extent_mm)
            inside = ndimage.binary_dilation(fixed > 0, rim, iterations=4)
            gain = (fixed > -self.config.ct_low_hu) & (fixed < self.config.ct_brain_hu - self.config.ct_low_hu)
        else:
            inside = ndimage.binary_dilation(fixed > threshold_otsu(fixed), rim, iterations=2)
            gain = fixed
        steps = {"grid_mm": self.config.grid_mm, "smooth_mm": smooth_mm}
        return gain_registration(fixed, inside, gain, self.geometry, in_plane=self.in_plane, **steps)

    def search(self, fixed: np.ndarray) -> RigidSearch:
        """The search for large motions against a prepared image."""
        return RigidSearch(fixed, self.geometry, in_plane=self.in_plane)

    def searched(self, search: RigidSearch, moving: np.ndarray, start: np.ndarray | None = None) -> np.ndarray | None:
        """Motion by mutual information, which finds large ones; None where it fails."""
        try:
            found = search.measure(moving, self.config.samples, passes=1, start=start, judge=False)
        except RuntimeError:
            return None
        return found.matrix if found.displacement_mm < self.config.largest_mm else None


def correct_motion(
    series: TimeSeries, reference: Sequence[int], *, in_place: bool = False, config: MotionConfig = MotionConfig()
) -> Corrected:
    """Bring every frame onto the mean of the reference frames.

    Args:
        series: signal of DSC or HU of CT perfusion.
        reference: baseline frames, as of `find_bolus` with any mask of the head.
        in_place: moved frames are written over those of `series`, which nobody needs as it was: half of the memory.
        config: window, limits.

    Returns:
        The series itself, with an issue M02, where its slices allow no registration.
    """
    everywhere = np.ones(series.geometry.shape, dtype=bool)
    in_plane = bool(can_register(series.geometry, AdcConfig(), tilted=True))
    problem = can_register(series.geometry, AdcConfig(), in_plane=True, tilted=True)
    if problem:
        return Corrected(series, _not_corrected(series, reference, problem), everywhere)
    register = _Register(series.geometry, series.kind, in_plane, config)
    baseline = _reference_image(series, reference, register)
    fixed = register.prepared(baseline)
    equations = register.equations(fixed)
    one = partial(
        _searched if series.kind == "dsc" else _tracked,
        search=register.search(fixed),
        equations=equations,
        register=register,
    )
    fits = _in_halves(one, range(len(series.values)), series.values.__getitem__)
    moved = [n for n, fit in enumerate(fits) if fit.displacement_mm > config.smallest_mm]
    residual = np.array([fit.displacement_mm for fit in fits])
    doubtful = sorted(moved, key=lambda n: fits[n].misfit)[-config.checked_frames :]
    residual[moved] = 0.0
    placed = partial(_placed, series, baseline, fits)
    residual[doubtful] = [fit.displacement_mm for fit in _in_halves(one, doubtful, placed)]
    rejected = _rejected(fits, residual, reference[0], config)
    values = series.values if in_place or not (moved or rejected) else series.values.copy()
    seen = _put_in_place(values, series, fits, moved, baseline, config)
    if rejected:
        _leave_out(values, series.times_s, rejected)
    trace = _trace(fits, residual, rejected, reference, series.geometry, in_plane, config)
    if not trace.corrected:
        return Corrected(series, trace, everywhere)
    kept = [fits[n] for n in moved if n not in rejected]
    change = None
    if kept and series.kind == "dsc":
        furthest = max(kept, key=lambda fit: fit.displacement_mm)
        change = change_by_motion(baseline, series.geometry, furthest.matrix)
    covered = _covered(series.geometry, [fit.matrix for fit in kept]) & seen
    return Corrected(replace(series, values=values), trace, covered, change)


def _in_halves(
    measure: Callable[[Iterator[np.ndarray]], list[Fit]], frames: Sequence[int], image: Callable[[int], np.ndarray]
) -> list[Fit]:
    """Both halves of the frames side by side; the same two on every machine, so that the numbers are."""
    middle = (len(frames) + 1) // 2
    with ThreadPoolExecutor(max_workers=2) as pool:
        first, second = pool.map(measure, (map(image, frames[:middle]), map(image, frames[middle:])))
    return first + second


def _searched(values: Iterator[np.ndarray], search: RigidSearch, equations, register: _Register) -> list[Fit]:
    """MR: every frame by mutual information, which bears with a signal that drops differently in every tissue."""
    fits: list[Fit] = []
    for frame in values:
        motion = register.searched(search, frame, fits[-1].matrix if fits and fits[-1].converged else None)
        fit = equations.judged(frame, np.eye(4) if motion is None else motion)
        fits.append(replace(fit, converged=motion is not None))
    return fits


def _tracked(values: Iterator[np.ndarray], search: RigidSearch, equations, register: _Register) -> list[Fit]:
    """CT: every frame by its skull, from where the frame before was; by mutual information where that does not converge."""
    fits: list[Fit] = []
    for frame in values:
        moving = register.prepared(frame)
        fit = equations.fit(moving, fits[-1].matrix if fits and fits[-1].converged else np.eye(4))
        if not fit.converged:
            start = register.searched(search, moving)
            fit = fit if start is None else equations.fit(moving, start)
        fits.append(fit)
    return fits


def _head(image: np.ndarray, config: MotionConfig) -> np.ndarray:
    """CT: the largest body in every second pixel, filled slice by slice; what lies apart from it does not move with it."""
    body = ndimage.binary_opening(image[:, ::2, ::2] > config.ct_body_hu, np.ones((1, 3, 3)))
    labels, count = ndimage.label(body)
    if not count:
        return np.ones_like(image, dtype=bool)
    head = labels == 1 + np.argmax(np.bincount(labels.ravel())[1:])
    head = ndimage.binary_dilation(head, np.ones((1, 3, 3)))
    head = np.array([ndimage.binary_fill_holes(plane) for plane in head])
    return head.repeat(2, axis=1).repeat(2, axis=2)[:, : image.shape[1], : image.shape[2]]


def _reference_image(series: TimeSeries, reference: Sequence[int], register: _Register) -> np.ndarray:
    """Mean of the reference frames, each brought onto the middle one first."""
    middle = reference[len(reference) // 2]
    equations = register.equations(register.prepared(series.values[middle]))
    images = [series.values[middle]]
    for n in reference:
        if n == middle:
            continue
        fit = equations.fit(register.prepared(series.values[n]), np.eye(4))
        if fit.converged:
            far = fit.displacement_mm > register.config.smallest_mm
            images.append(_moved(series, n, fit) if far else series.values[n])
    return np.mean(images, axis=0, dtype=np.float64).astype(np.float32)


def _moved(series: TimeSeries, n: int, fit: Fit) -> np.ndarray:
    return move(series.values[n], series.geometry, fit.matrix, outside=_outside(series))


def _moved_brain(frame: np.ndarray, geometry: Geometry, matrix: np.ndarray, baseline: np.ndarray, config: MotionConfig):
    """CT: an interpolation between soft tissue only: one HU of bone between thick slices outweighs a bolus.

    Where the baseline, brought into the pose of the frame, is bone or air, the frame is filled with the HU of brain first; vessels
    with contrast agent are none of it. What the frame shows beyond the slices of the baseline is judged by the frame itself.

    Returns:
        Values and (k, j, i) bool: soft tissue that was interpolated from soft tissue.
    """
    back = np.linalg.inv(matrix)
    posed = move(baseline, geometry, back, outside=-1024.0, linear=True)
    known = _soft(posed, config) & (_covered(geometry, [back], beyond=0.0) | _soft(frame, config))
    inside = move(np.where(known, frame, np.float32(config.ct_fill_hu)), geometry, matrix, outside=-1024.0)
    share = move(known.astype(np.float32), geometry, matrix, linear=True)
    seen = _soft(baseline, config) & (share > config.ct_soft_share)
    return np.where(seen, inside, move(frame, geometry, matrix, outside=-1024.0, linear=True)), seen


def _soft(image: np.ndarray, config: MotionConfig) -> np.ndarray:
    """Neither bone nor air, nor next to it in the slice."""
    hard = (image < config.ct_soft_low_hu) | (image > config.ct_soft_high_hu)
    return ~ndimage.binary_dilation(hard, np.ones((1, 3, 3)))


def _outside(series: TimeSeries) -> float:
    return -1024.0 if series.kind == "ctp" else 0.0


def _put_in_place(
    values: np.ndarray, series: TimeSeries, fits: Sequence[Fit], moved: Sequence[int], baseline: np.ndarray, config
) -> np.ndarray:
    """Write the moved frames into the values, which may be those of the series; the voxels that all of them show."""
    seen = np.ones(series.geometry.shape, dtype=bool)
    for n in moved:
        if series.kind != "ctp":
            values[n] = _moved(series, n, fits[n])
            continue
        values[n], known = _moved_brain(series.values[n], series.geometry, fits[n].matrix, baseline, config)
        seen &= known
    return seen


def _placed(series: TimeSeries, baseline: np.ndarray, fits: Sequence[Fit], frame: int) -> np.ndarray:
    """A frame in place with the baseline where it shows nothing: the end of a stack is no anatomy that could lie elsewhere."""
    covered = _covered(series.geometry, [fits[frame].matrix])
    return np.where(covered, _moved(series, frame, fits[frame]), baseline)


def _rejected(fits: Sequence[Fit], residual: np.ndarray, first: int, config: MotionConfig) -> tuple[int, ...]:
    """Frames that could not be registered, did not come into place, or do not look like their neighbors."""
    misfit = np.array([fit.misfit for fit in fits])
    padded = np.pad(misfit, 1, mode="reflect")
    near = np.maximum(padded[:-2], padded[2:])
    lost = np.array([not fit.converged for fit in fits])
    torn = misfit > np.maximum(config.torn_misfit, config.torn_ratio * near)
    torn[:first] = False  # frames before the steady state have another contrast
    return tuple(np.flatnonzero(lost | (residual > config.reject_mm) | torn).tolist())


def _leave_out(values: np.ndarray, times_s: np.ndarray, rejected: Sequence[int]) -> None:
    """Rejected frames on the line between their neighbors in time; at an end, the nearest frame that is kept."""
    kept = np.setdiff1d(np.arange(len(values)), rejected)
    for n in rejected:
        before, after = kept[kept < n], kept[kept > n]
        if not len(before) or not len(after):
            values[n] = values[after[0] if len(after) else before[-1]]
            continue
        low, high = before[-1], after[0]
        share = np.float32((times_s[n] - times_s[low]) / (times_s[high] - times_s[low]))
        values[n] = (1 - share) * values[low] + share * values[high]


def _covered(geometry: Geometry, motions: Sequence[np.ndarray], *, beyond: float = 0.5) -> np.ndarray:
    """Voxels whose place lies inside the image in all of these motions, up to half a voxel beyond the outer centers."""
    covered = np.ones(geometry.shape, dtype=bool)
    to_lps = np.array(geometry.affine)
    k, j, i = (np.arange(n, dtype=np.float32) for n in geometry.shape)
    for motion in motions:
        step = np.linalg.inv(to_lps) @ motion @ to_lps
        for axis, size in enumerate(geometry.shape[::-1]):
            a, b, c, d = step[axis].astype(np.float32)
            place = (a * i)[None, None] + (b * j)[None, :, None] + (c * k)[:, None, None] + d
            covered &= (place > -beyond) & (place < size - 1 + beyond)
    return covered


def _not_corrected(series: TimeSeries, reference: Sequence[int], problem: str) -> MotionTrace:
    zeros = np.zeros(len(series.times_s))
    found = f"motion between frames was not measured: {problem}"
    issue = Issue("M02", Level.WARN, found, "frames that can be registered", "look at the frames as a film")
    return MotionTrace(
        np.zeros((len(zeros), 3)), np.zeros((len(zeros), 3)), zeros, zeros, (), tuple(reference), False, (issue,)
    )


def _trace(fits, residual, rejected, reference, geometry: Geometry, in_plane, config: MotionConfig) -> MotionTrace:
    center = geometry.to_lps((np.array(geometry.shape) - 1)[None] / 2)[0]
    matrices = np.array([fit.matrix for fit in fits])
    displacement = np.array([fit.displacement_mm for fit in fits])
    return MotionTrace(
        translations_mm=matrices[:, :3, :3] @ center + matrices[:, :3, 3] - center,
        rotations_deg=Rotation.from_matrix(matrices[:, :3, :3]).as_euler("xyz", degrees=True),
        displacement_mm=displacement,
        residual_mm=residual,
        rejected=rejected,
        reference=tuple(reference),
        corrected=bool(rejected) or bool((displacement > config.smallest_mm).any()),
        issues=tuple(_issues(displacement, residual, rejected, in_plane, config)),
    )


def _issues(displacement: np.ndarray, residual: np.ndarray, rejected, in_plane: bool, config: MotionConfig):
    kept = np.delete(displacement, rejected)
    if len(kept) and kept.max() > config.smallest_mm:
        moved = int((kept > config.smallest_mm).sum())
        found = f"{moved} of {len(displacement)} frames moved onto the baseline, by up to {kept.max():.2f} mm"
        level = Level.WARN if kept.max() > config.displacement_warn_mm else Level.INFO
        yield Issue("M03", level, found, "a head that lies still", "look at the curves of the motion")
    kept = np.delete(residual, rejected)
    if len(kept) and kept.max() > config.residual_warn_mm:
        found = f"{kept.max():.2f} mm of motion left after correction, in frame {int(np.argmax(residual)) + 1}"
        yield Issue("M04", Level.WARN, found, f"at most {config.residual_warn_mm:g} mm", "look at the frames as a film")
    if rejected:
        named = ", ".join(str(n + 1) for n in rejected[:12])
        found = f"frames {named} could not be brought into place: replaced by the line between their neighbors"
        too_many = len(rejected) > config.reject_max_percent / 100 * len(residual)
        remedy = "repeat the scan; these curves are not measured" if too_many else "look at the frames as a film"
        yield Issue("M05", Level.STOP if too_many else Level.WARN, found, "frames without fast motion", remedy)
    if in_plane:
        found = "few slices: only motion within the slices was measured"
        yield Issue("M06", Level.INFO, found, "a slab that shows motion across its slices", "")
