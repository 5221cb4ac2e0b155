"""Geometry: where every voxel is and how much volume it stands for.

Positions are LPS millimeters, arrays are indexed (k, j, i), the affine maps (i, j, k) to LPS. A volume is the sum over slices
of area times the slice's own extent along the slice normal (Cavalieri), or |det| of the affine where slices are even; it is
never a product of header spacings: under gantry tilt that over-reads by 1/cos(tilt), and Slice Thickness is not a distance.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .errors import GeometryError, Issue, Level

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Also RAS to LPS: it is its own inverse."""

EVEN_TOLERANCE = 1e-3
"""Relative spread of slice extents below which slices count as even for resampling with one affine."""


def _read_only(array, dtype=float) -> np.ndarray:
    array = np.array(array, dtype=dtype)
    array.flags.writeable = False
    return array


def slice_extents(positions: np.ndarray) -> np.ndarray:
    """Extent along the normal that each slice stands for, in mm.

    Inner slices reach half-way to both neighbors; end slices take the full adjacent gap (with half gaps a real head reads
    2.1 % low).

    Args:
        positions: (n,) positions along the normal in mm, strictly increasing, n >= 2.
    """
    positions = np.asarray(positions, dtype=float)
    gaps = np.diff(positions)
    inner = (positions[2:] - positions[:-2]) / 2
    return np.concatenate([gaps[:1], inner, gaps[-1:]])


@dataclass(frozen=True, eq=False)
class Geometry:
    """The grid of a volume.

    Args:
        shape: (k, j, i) numbers of voxels.
        affine: 4x4, (i, j, k) to LPS mm of voxel centers. For uneven slices, the mean step: right for display only.
        slice_origins: (k, 3) LPS mm, center of voxel (i=0, j=0) of every slice.
        slice_extents: (k,) mm along the slice normal that each slice stands for; all > 0.
        frame_of_reference: DICOM Frame of Reference UID, empty when unknown.

    Raises:
        GeometryError: a shape, determinant or extent that cannot be measured.
    """

    shape: tuple[int, int, int]
    affine: np.ndarray
    slice_origins: np.ndarray
    slice_extents: np.ndarray
    frame_of_reference: str = field(default="")

    def __post_init__(self):
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        for name in ("affine", "slice_origins", "slice_extents"):
            object.__setattr__(self, name, _read_only(getattr(self, name)))
        n = self.shape[0]
        problem = ""
        if len(self.shape) != 3 or min(self.shape) < 1:
            problem = f"shape {self.shape}"
        elif self.affine.shape != (4, 4) or not np.isfinite(self.affine).all():
            problem = f"affine {self.affine.tolist()}"
        elif abs(np.linalg.det(self.affine[:3, :3])) < 1e-9:
            problem = "an affine with determinant 0"
        elif self.slice_origins.shape != (n, 3) or not np.isfinite(self.slice_origins).all():
            problem = f"slice origins of shape {self.slice_origins.shape}"
        elif self.slice_extents.shape != (n,) or not (np.isfinite(self.slice_extents) & (self.slice_extents > 0)).all():
            problem = f"slice extents {self.slice_extents.tolist()}"
        if problem:
            raise GeometryError(
                Issue(
                    "G00",
                    Level.STOP,
                    problem,
                    "a finite, invertible grid with positive slice extents",
                    "check the geometry tags",
                )
            )

    @classmethod
    def from_affine(cls, affine, shape, frame_of_reference: str = "") -> "Geometry":
        """Even grid from an (i, j, k) to LPS affine."""
        affine = np.asarray(affine, dtype=float)
        k = np.arange(shape[0])[:, None]
        origins = affine[:3, 3] + k * affine[:3, 2]
        area = np.linalg.norm(np.cross(affine[:3, 0], affine[:3, 1]))
        extent = abs(np.linalg.det(affine[:3, :3])) / area if np.isfinite(area) and area else 0.0
        return cls(tuple(shape), affine, origins, np.full(shape[0], extent), frame_of_reference)

    @classmethod
    def from_slices(
        cls,
        origins,
        orientation,
        pixel_spacing,
        in_plane_shape,
        single_slice_extent: float | None = None,
        frame_of_reference: str = "",
    ) -> "Geometry":
        """Grid from DICOM slices, which must already be sorted along the normal (either way) without duplicates.

        Args:
            origins: (k, 3) Image Position (Patient).
            orientation: six cosines of Image Orientation (Patient): row direction (along i), column direction (along j).
            pixel_spacing: (between rows = along j, between columns = along i) in mm, as in (0028,0030).
            in_plane_shape: (rows, columns).
            single_slice_extent: thickness in mm, needed and used only where there is one slice.
        """
        origins = np.asarray(origins, dtype=float).reshape(-1, 3)
        along_i, along_j = np.asarray(orientation, dtype=float).reshape(2, 3)
        normal = unit_normal(orientation)
        if len(origins) > 1:
            extents = slice_extents(np.abs((origins - origins[0]) @ normal))
            step = (origins[-1] - origins[0]) / (len(origins) - 1)
        elif single_slice_extent:
            extents = np.array([single_slice_extent])
            step = normal * single_slice_extent
        else:
            raise GeometryError(
                Issue(
                    "G00",
                    Level.STOP,
                    "one slice without a thickness",
                    "Slice Thickness (0018,0050)",
                    "a single slice without thickness has no volume",
                )
            )
        affine = np.eye(4)
        affine[:3, 0] = along_i * pixel_spacing[1]
        affine[:3, 1] = along_j * pixel_spacing[0]
        affine[:3, 2] = step
        affine[:3, 3] = origins[0]
        return cls((len(origins), *in_plane_shape), affine, origins, extents, frame_of_reference)

    @cached_property
    def normal(self) -> np.ndarray:
        """Unit slice normal, pointing from slice 0 to the last."""
        normal = np.cross(self.affine[:3, 0], self.affine[:3, 1])
        normal = normal / np.linalg.norm(normal)
        return normal if normal @ self.affine[:3, 2] >= 0 else -normal

    @property
    def pixel_spacing(self) -> tuple[float, float]:
        """Distances (along i, along j) in mm."""
        return float(np.linalg.norm(self.affine[:3, 0])), float(np.linalg.norm(self.affine[:3, 1]))

    @cached_property
    def pixel_area_mm2(self) -> float:
        """Area of one pixel in its plane."""
        return float(np.linalg.norm(np.cross(self.affine[:3, 0], self.affine[:3, 1])))

    @cached_property
    def positions(self) -> np.ndarray:
        """(k,) slice positions along the normal in mm."""
        return self.slice_origins @ self.normal

    @property
    def mean_extent_mm(self) -> float:
        """Mean slice extent along the normal."""
        return float(self.slice_extents.mean())

    @property
    def voxel_volumes_mm3(self) -> np.ndarray:
        """(k,) volume of one voxel of every slice."""
        return self.pixel_area_mm2 * self.slice_extents

    @cached_property
    def tilt_deg(self) -> float:
        """Angle between the stacking direction and the slice normal."""
        step = self.affine[:3, 2]
        cosine = abs(step @ self.normal) / np.linalg.norm(step)
        return float(np.degrees(np.arccos(min(1.0, cosine))))

    @cached_property
    def is_even(self) -> bool:
        """True where one affine describes every slice."""
        k = np.arange(self.shape[0])[:, None]
        expected = self.affine[:3, 3] + k * self.affine[:3, 2]
        return bool(np.abs(expected - self.slice_origins).max() <= EVEN_TOLERANCE * max(1.0, self.mean_extent_mm))

    def volume_ml(self, mask: np.ndarray) -> float:
        """Cavalieri volume of a boolean (or fractional, 0 to 1) mask of this shape, in mL."""
        if mask.shape != self.shape:
            msg = f"mask shape {mask.shape} must be the grid shape {self.shape}"
            raise ValueError(msg)
        per_slice = np.count_nonzero(mask, axis=(1, 2)) if mask.dtype == bool else mask.sum(axis=(1, 2), dtype=float)
        return float(per_slice @ self.voxel_volumes_mm3) / 1000

    def to_lps(self, kji: np.ndarray) -> np.ndarray:
        """(n, 3) LPS mm of (n, 3) integer (k, j, i) indices; right for uneven slices too."""
        kji = np.atleast_2d(kji)
        k = kji[:, 0].astype(int)
        return self.slice_origins[k] + kji[:, 2:3] * self.affine[:3, 0] + kji[:, 1:2] * self.affine[:3, 1]

    def differs_from(self, other: "Geometry", tolerance_mm: float = 0.01) -> str:
        """Empty where both grids are the same; else what differs, in words."""
        if self.shape != other.shape:
            return f"shape {self.shape} against {other.shape} (slices, rows, columns)"
        offset = float(np.linalg.norm(self.slice_origins - other.slice_origins, axis=1).max())
        far = (
            (self.shape[2] - 1) * (self.affine[:3, 0] - other.affine[:3, 0]),
            (self.shape[1] - 1) * (self.affine[:3, 1] - other.affine[:3, 1]),
        )
        corner = max(float(np.linalg.norm(edge)) for edge in far)
        distance = max(offset, corner)
        return f"voxels up to {distance:.3f} mm apart" if distance > tolerance_mm else ""


def unit_normal(orientation) -> np.ndarray:
    """Unit normal of six Image Orientation (Patient) cosines: row direction x column direction."""
    row, column = np.asarray(orientation, dtype=float).reshape(2, 3)
    normal = np.cross(row, column)
    length = np.linalg.norm(normal)
    if not np.isfinite(length) or length < 1e-6:
        raise GeometryError(
            Issue(
                "G00",
                Level.STOP,
                f"Image Orientation (0020,0037) {list(np.ravel(orientation))}",
                "two perpendicular unit vectors",
                "export the series again",
            )
        )
    return normal / length
