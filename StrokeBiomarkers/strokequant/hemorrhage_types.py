"""Seams of hemorrhage on CT: what one stage hands to the next, and what a record keeps."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from .errors import Issue

if TYPE_CHECKING:
    from .biomarkers.abc2 import Abc2
    from .segmentation.hematoma import Hematoma


class Structure(StrEnum):
    """Where blood is; the value is the name of its mask."""

    ICH = "ich"
    IVH = "ivh"
    SAH = "sah"
    SDH = "sdh"
    EDH = "edh"


EDEMA = "edema"
"""Name of the mask of perihematomal edema."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A click of a reader.

    Args:
        point_lps: mm.
        structure: what it is in.
    """

    point_lps: tuple[float, float, float]
    structure: Structure = Structure.ICH


@dataclass(frozen=True, slots=True)
class BloodCandidate:
    """Blood that the automatic search found, for a reader to take or leave.

    Args:
        label: 1, 2, ... by decreasing volume.
        structure: proposed.
        volume_ml, mean_hu: of the outlined clot, or of the raw region where it was not outlined.
        seed_lps: LPS mm of its deepest point: a seed for `segment_hematoma`.
        side: "left", "right" or "midline", from patient coordinates.
        location: proposed: "deep", "lobar", "brainstem", "cerebellum" or "ventricle"; a reader decides.
        slices: first and last slice index.
        accepted: proposal, later the reader's decision.
        reasons: why, in words.
    """

    label: int
    structure: Structure
    volume_ml: float
    mean_hu: float
    seed_lps: tuple[float, float, float]
    side: str
    location: str
    slices: tuple[int, int]
    accepted: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class HemorrhageResult:
    """Hemorrhage of one time point.

    Args:
        clots: outlined, by structure; several of one structure are several entries.
        candidates: of the automatic search; empty where a reader clicked.
        abc2: of the ICH, None without one.
        proposal: True where no reader clicked.
        facts: kernel, tube voltage, thickness, levels of air, CSF and brain.
        parameters: what was given and found.
        issues: of all stages.
    """

    clots: "tuple[Hematoma, ...]" = ()
    candidates: tuple[BloodCandidate, ...] = ()
    abc2: "Abc2 | None" = None
    proposal: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
