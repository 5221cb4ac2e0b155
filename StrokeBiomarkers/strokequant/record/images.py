"""Maps as NIfTI and masks as Slicer segmentations, byte for byte the same in every run.

Both headers are written here and not by SimpleITK because its NIfTI writer turns a sheared grid (gantry tilt) silently into a
rotated one, which moves slices and changes the voxel volume. NIfTI 1.1: https://nifti.nimh.nih.gov/nifti-1; segmentation:
"Segmentation labelmap file format (.seg.nrrd)" of the Slicer developer guide.
"""

import gzip
import math
import struct
from dataclasses import dataclass

import numpy as np

from .. import codes
from ..codes import Code
from ..config import AuditConfig
from ..geometry import LPS_TO_RAS, Geometry
from ..perfusion_types import Lesions
from ..types import CoreResult, Mask, QuantityMap
from .colors import CORE, MISMATCH, TMAX_STEPS

_NIFTI_TYPES = {"float32": (16, 32), "uint8": (2, 8)}
_MOST_SEGMENTS = 255
_ORTHOGONAL = math.sin(math.radians(AuditConfig().tilt_deg))
"""Cosine between two axes up to which they count as perpendicular: rounded header values, no tilt (G03)."""


def _pack_gzip(data: bytes, level: int = 6) -> bytes:
    return gzip.compress(data, compresslevel=level, mtime=0)


def is_orthogonal(geometry: Geometry) -> bool:
    """True where the axes are perpendicular, so that a rotation (qform) can say where the voxels are."""
    axes = geometry.affine[:3, :3] / np.linalg.norm(geometry.affine[:3, :3], axis=0)
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() < _ORTHOGONAL)


def _quaternion(rotation: np.ndarray) -> np.ndarray:
    """(b, c, d) of a proper rotation, as NIfTI stores it."""
    from scipy.spatial.transform import Rotation

    x, y, z, w = Rotation.from_matrix(rotation).as_quat()
    return np.array([x, y, z]) * (-1.0 if w < 0 else 1.0)


def nifti_bytes(values: np.ndarray, geometry: Geometry, *, description: str = "", packed: bool = True) -> bytes:
    """A NIfTI-1 file. Frames of a time series have no step: NIfTI cannot say when each was imaged.

    The sform holds the affine as it is, shear included. The qform is given only where it says the same; under gantry tilt its
    code is 0, so that a reader without shear refuses the file and does not show slices in wrong places.

    Args:
        values: (k, j, i), or (t, k, j, i) frames; float32 or uint8.
        geometry: grid; for uneven slices the affine has the mean step, and the record says where each slice is.
        description: up to 79 ASCII characters.
        packed: gzip-compressed.
    """
    ras = LPS_TO_RAS @ geometry.affine
    spacing = np.linalg.norm(ras[:3, :3], axis=0)
    code, bits = _NIFTI_TYPES[values.dtype.name]
    qfac, quaternion, qform_code = 1.0, np.zeros(3), 0
    if is_orthogonal(geometry):
        rotation = ras[:3, :3] / spacing
        qfac = 1.0 if np.linalg.det(rotation) > 0 else -1.0
        quaternion, qform_code = _quaternion(rotation * [1.0, 1.0, qfac]), 1
    sizes = (*values.shape[::-1], *[1] * (7 - values.ndim))
    header = struct.pack("<i35xB8h3f4h", 348, 0, values.ndim, *sizes, 0, 0, 0, 0, code, bits, 0)
    header += struct.pack("<8f3fhBB4f2i", qfac, *spacing, 0, 0, 0, 0, 352, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0)
    header += struct.pack(
        "<80s24s2h6f", description.encode("ascii", "replace")[:79], b"", qform_code, 1, *quaternion, *ras[:3, 3]
    )
    header += struct.pack("<12f16s4s4x", *ras[:3].ravel(), b"", b"n+1\0")
    data = header + np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
    return _pack_gzip(data) if packed else data


def map_bytes(quantity_map: QuantityMap) -> bytes:
    """Values of a map as NIfTI, 0 where not valid; `valid_bytes` tells such a 0 from a measured one."""
    values = np.where(quantity_map.valid, quantity_map.values, 0).astype(np.float32)
    return nifti_bytes(values, quantity_map.geometry, description=f"{quantity_map.quantity} [{quantity_map.unit}]")


def valid_bytes(quantity_map: QuantityMap) -> bytes:
    """Validity of a map as NIfTI: 1 where the value counts, 0 where it means nothing."""
    return nifti_bytes(quantity_map.valid.astype(np.uint8), quantity_map.geometry, description="1 = valid")


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a segmentation file: its identity, look and meaning."""

    id: str
    name: str
    label: int
    color: tuple[float, float, float]
    category: Code
    type: Code
    algorithm: str = "AUTOMATIC"
    region: Code = codes.BRAIN


_INFARCT_COLOR = (0.9, 0.6, 0.0)
_LEFT_OUT_COLOR = (0.34, 0.71, 0.91)


def _unit(color: tuple[int, int, int]) -> tuple[float, float, float]:
    return tuple(round(part / 255, 4) for part in color)


_KNOWN = {
    "brain": ("Brain", (0.34, 0.71, 0.91), codes.ANATOMICAL_STRUCTURE, codes.BRAIN),
    "infarct_core": ("Infarct core", _INFARCT_COLOR, codes.MORPHOLOGICALLY_ALTERED, codes.INFARCT),
    "final_infarct": ("Final infarct", _INFARCT_COLOR, codes.MORPHOLOGICALLY_ALTERED, codes.INFARCT),
    "clot": ("Clot in the infarct", (0.8, 0.1, 0.1), codes.MORPHOLOGICALLY_ALTERED, codes.HEMATOMA),
    **{
        f"hypoperfusion_{limit:g}s": (f"Tmax > {limit:g} s", _unit(color), codes.FUNCTION, codes.PERFUSION)
        for limit, color in TMAX_STEPS
    },
    "perfusion_core": ("Perfusion core, low rCBF", _unit(CORE), codes.FUNCTION, codes.PERFUSION),
    "mismatch_core": (
        "Infarct core on the perfusion series",
        _unit(CORE),
        codes.MORPHOLOGICALLY_ALTERED,
        codes.INFARCT,
    ),
    "mismatch": ("Mismatch", _unit(MISMATCH), codes.FUNCTION, codes.PENUMBRA),
    "perfusion_brain": ("Brain, perfusion series", (0.34, 0.71, 0.91), codes.ANATOMICAL_STRUCTURE, codes.BRAIN),
    "csf": ("Cerebrospinal fluid", (0.0, 0.45, 0.7), codes.BODY_SUBSTANCE, codes.CEREBROSPINAL_FLUID),
    "vessels": ("Vessels", (0.84, 0.37, 0.0), codes.ANATOMICAL_STRUCTURE, codes.BLOOD_VESSEL),
    "reference_tissue": ("Reference tissue", (0.75, 0.75, 0.75), codes.TISSUE, codes.TISSUE),
    "ct_brain": ("Brain, CT", (0.34, 0.71, 0.91), codes.ANATOMICAL_STRUCTURE, codes.BRAIN),
    "ventricles": ("Ventricles", (0.0, 0.45, 0.7), codes.ANATOMICAL_STRUCTURE, codes.BRAIN_VENTRICLE),
    "ich": ("Intracerebral hemorrhage", (0.95, 0.2, 0.2), codes.MORPHOLOGICALLY_ALTERED, codes.HEMATOMA),
    "ivh": ("Intraventricular hemorrhage", (1.0, 0.55, 0.0), codes.MORPHOLOGICALLY_ALTERED, codes.HEMORRHAGE),
    "sah": ("Subarachnoid hemorrhage", (1.0, 0.88, 0.25), codes.MORPHOLOGICALLY_ALTERED, codes.HEMORRHAGE),
    "sdh": ("Subdural hematoma", (0.8, 0.45, 0.95), codes.MORPHOLOGICALLY_ALTERED, codes.HEMATOMA),
    "edh": ("Epidural hematoma", (0.35, 0.9, 0.45), codes.MORPHOLOGICALLY_ALTERED, codes.HEMATOMA),
    "edema": ("Perihematomal edema", (0.25, 0.75, 0.95), codes.MORPHOLOGICALLY_ALTERED, codes.EDEMA),
}
_REGIONS = {
    "ivh": codes.BRAIN_VENTRICLE,
    "sah": codes.CRANIAL_SUBARACHNOID_SPACE,
    "sdh": codes.SUBDURAL_SPACE,
    "edh": codes.EPIDURAL_SPACE,
}
"""Where a structure is, which tells those of one type apart; the brain for all others."""


def segment_of(mask: Mask) -> Segment:
    """The segment that a mask becomes."""
    default = (mask.name.replace("_", " ").capitalize(), (0.8, 0.47, 0.65), codes.TISSUE, codes.TISSUE)
    name, color, category, kind = _KNOWN.get(mask.name, default)
    algorithm = "SEMIAUTOMATIC" if mask.edited_by else "AUTOMATIC"
    return Segment(mask.name, name, 1, color, category, kind, algorithm, _REGIONS.get(mask.name, codes.BRAIN))


def _terminology(segment: Segment) -> str:
    triplets = "~".join(f"{code.scheme}^{code.value}^{code.meaning}" for code in (segment.category, segment.type))
    context = "Segmentation category and type - 3D Slicer General Anatomy list"
    region = "^^" if segment.region == codes.BRAIN else "{1}^{0}^{2}".format(*segment.region)
    return f"TerminologyEntry:{context}~{triplets}~^^~Anatomic codes - DICOM master list~{region}~^^|"


def _extent(inside: np.ndarray) -> str:
    """Smallest box, as imin imax jmin jmax kmin kmax; empty as Slicer writes it."""
    slices = np.flatnonzero(inside.any(axis=(1, 2)))
    if not len(slices):
        return "0 -1 0 -1 0 -1"
    plane = inside[slices[0] : slices[-1] + 1].any(axis=0)
    along = (np.flatnonzero(plane.any(axis=0)), np.flatnonzero(plane.any(axis=1)), slices)
    return " ".join(f"{used[0]} {used[-1]}" for used in along)


def _segment_fields(number: int, segment: Segment, labels: np.ndarray) -> list[str]:
    fields = {
        "Color": " ".join(f"{c:g}" for c in segment.color),
        "ColorAutoGenerated": "0",
        "Extent": _extent(labels == segment.label),
        "ID": segment.id,
        "LabelValue": str(segment.label),
        "Layer": "0",
        "Name": segment.name,
        "NameAutoGenerated": "0",
        "Tags": f"DICOM.SegmentAlgorithmType:{segment.algorithm}|Segmentation.Status:inprogress|{_terminology(segment)}",
    }
    return [f"Segment{number}_{key}:={value}" for key, value in fields.items()]


def _vector(numbers) -> str:
    return "(" + ",".join(repr(float(n) + 0.0) for n in numbers) + ")"


def segmentation_bytes(labels: np.ndarray, geometry: Geometry, segments: tuple[Segment, ...]) -> bytes:
    """A .seg.nrrd file, which Slicer opens as a segmentation.

    Args:
        labels: (k, j, i) uint8.
        geometry: grid; space directions carry shear, and the mean step where slices are uneven.
        segments: in order; each owns the voxels of its label.
    """
    k, j, i = labels.shape
    header = [
        "NRRD0004",
        "type: unsigned char",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {i} {j} {k}",
        "space directions: " + " ".join(_vector(geometry.affine[:3, axis]) for axis in range(3)),
        "kinds: domain domain domain",
        "encoding: gzip",
        f"space origin: {_vector(geometry.affine[:3, 3])}",
    ]
    for number, segment in enumerate(segments):
        header += _segment_fields(number, segment, labels)
    header += [
        "Segmentation_ContainedRepresentationNames:=Binary labelmap|",
        "Segmentation_MasterRepresentation:=Binary labelmap",
        "Segmentation_SourceRepresentation:=Binary labelmap",
        "Segmentation_ReferenceImageExtentOffset:=0 0 0",
    ]
    # labels pack as well at a lower level, in half the time
    packed = _pack_gzip(np.ascontiguousarray(labels, dtype=np.uint8).tobytes(), level=4)
    return "\n".join([*header, "", ""]).encode() + packed


def mask_bytes(mask: Mask) -> bytes:
    """A mask as a segmentation with one segment, written also where it is empty."""
    return segmentation_bytes(mask.values.astype(np.uint8), mask.geometry, (segment_of(mask),))


def candidate_bytes(core: CoreResult) -> bytes:
    """The 255 largest core candidates as a segmentation, one segment each, for a reader to take or leave."""
    return _candidates(core.candidates, core.labels, core.mask.geometry, "infarct_core")


def hypoperfusion_candidate_bytes(lesions: Lesions) -> bytes:
    """The same for the candidates of hypoperfusion."""
    geometry = next(iter(lesions.hypoperfusion.values())).geometry
    return _candidates(lesions.candidates, lesions.labels, geometry, "hypoperfusion_6s")


def _candidates(candidates, labels: np.ndarray, geometry: Geometry, structure: str) -> bytes:
    _, color, category, kind = _KNOWN[structure]
    segments = tuple(
        Segment(
            f"candidate_{c.label}",
            f"Candidate {c.label} ({'proposed' if c.accepted else 'left out'})",
            c.label,
            color if c.accepted else _LEFT_OUT_COLOR,
            category,
            kind,
        )
        for c in candidates
        if c.label <= _MOST_SEGMENTS
    )
    kept = np.where(labels <= _MOST_SEGMENTS, labels, 0).astype(np.uint8)
    return segmentation_bytes(kept, geometry, segments)
