"""Clots of one CT by what a person said: candidates of the search that count, clicks, and drawings in their place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..biomarkers.hemorrhage_measures import union
from ..errors import Issue, Level
from ..hemorrhage_types import EDEMA, BloodCandidate, Structure
from ..segmentation.blood_proposal import BloodProposal
from ..segmentation.clot_place import clot_place
from ..segmentation.ct_head import CtHead
from ..segmentation.drawn_clot import drawn_hematoma
from ..segmentation.hematoma import Hematoma, segment_hematoma
from ..settings import Settings
from ..types import Mask, Volume
from .hemorrhage_answers import ClotDecision, HemorrhageAnswers

CLICKED = "clicked by a reader"


@dataclass(frozen=True, eq=False)
class Clots:
    """What counts as blood.

    Args:
        hematomas: without common voxels, by structure in `mask.name`; a drawn structure is one.
        labels: of the candidate that each is from; 0 for a drawing.
        candidates: of the search and of the clicks, as decided.
        drawn: masks that a reader drew, by structure; without voxels where all was erased.
        issues: of candidates that touch.
    """

    hematomas: tuple[Hematoma, ...] = ()
    labels: tuple[int, ...] = ()
    candidates: tuple[BloodCandidate, ...] = ()
    drawn: Mapping[str, Mask] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()

    def of(self, structure: str) -> list[Hematoma]:
        """Clots of one structure."""
        return [clot for clot in self.hematomas if clot.mask.name == structure]

    def blood(self, shape: tuple[int, int, int]) -> np.ndarray:
        """(k, j, i) voxels of all."""
        return union(self.hematomas) if self.hematomas else np.zeros(shape, bool)


def outlined_clots(
    image: Volume,
    head: CtHead,
    proposal: BloodProposal | None,
    outlines: dict[tuple[float, ...], Hematoma],
    answers: HemorrhageAnswers,
    settings: Settings,
) -> Clots:
    """Outlines of everything that counts, the search first, then clicks; voxels of two count with the first.

    Args:
        image: HU.
        head: of `ct_head`.
        proposal: of the search, None where nobody looked at it.
        outlines: by the point that they were outlined from; new ones are added.
        answers: clicks and decisions.
        settings: of the outline.

    Raises:
        SegmentationError: H15, H18, a point that is not on blood.
    """
    found: list[tuple[int, Hematoma]] = []
    candidates: list[BloodCandidate] = []
    issues: list[Issue] = []
    for candidate in _listed(proposal, answers, image, head, outlines, settings):
        candidate = _decided(candidate, answers.decisions.get(candidate.label, ClotDecision()))
        candidates.append(candidate)
        if not candidate.accepted:
            continue
        clot = _outline(image, head, candidate.seed_lps, candidate.structure, outlines, settings)
        clot, shared = _apart(_named(clot, candidate.structure), [one for _, one in found], image)
        issues += shared
        if clot.mask.values.any():
            found.append((candidate.label, clot))
    labels, clots = tuple(label for label, _ in found), tuple(clot for _, clot in found)
    return Clots(clots, labels, tuple(candidates), issues=tuple(issues))


def with_drawings(clots: Clots, image: Volume, drawn: Mapping[str, Mask], settings: Settings) -> Clots:
    """Clots with drawings of a reader in place of the outlines of a structure; no voxel is in two structures.

    Args:
        clots: outlined.
        image: HU.
        drawn: by structure; edema is not blood and is left out here.
        settings: of the outline.
    """
    blood = {name: mask for name, mask in drawn.items() if name != EDEMA}
    if not blood:
        return clots
    kept = [(n, c) for n, c in zip(clots.labels, clots.hematomas, strict=True) if c.mask.name not in blood]
    found = [
        (0, drawn_hematoma(image, mask, clots.of(name), config=settings.hematoma))
        for name, mask in blood.items()
        if mask.values.any()
    ]
    taken = union([clot for _, clot in found]) if found else np.zeros(image.geometry.shape, bool)
    # a drawing takes voxels from outlines: it is newer, and a person's
    found += [(n, cut) for n, c in kept if (cut := _less(c, taken)).mask.values.any()]
    order = {str(s): n for n, s in enumerate(Structure)}
    found.sort(key=lambda pair: (order[pair[1].mask.name], pair[0]))
    return replace(clots, hematomas=tuple(c for _, c in found), labels=tuple(n for n, _ in found), drawn=blood)


def _listed(proposal, answers: HemorrhageAnswers, image, head, outlines, settings) -> Sequence[BloodCandidate]:
    """Candidates of the search, where it counts, and one for every click."""
    searched = proposal.candidates if proposal is not None and answers.searches else ()
    clicks = []
    for number, seed in enumerate(answers.seeds, start=len(searched) + 1):
        clot = _outline(image, head, seed.point_lps, seed.structure, outlines, settings)
        side, location = clot_place(clot.mask.values, head, config=settings.blood_proposal)
        used = np.flatnonzero(clot.mask.values.any(axis=(1, 2)))
        slices = (int(used[0]), int(used[-1])) if used.size else (0, 0)
        of_clot = (seed.structure, clot.volume_ml, clot.clot_hu, seed.point_lps, side, location, slices)
        clicks.append(BloodCandidate(number, *of_clot, True, (CLICKED,)))
    return (*searched, *clicks)


def _decided(candidate: BloodCandidate, decision: ClotDecision) -> BloodCandidate:
    return replace(
        candidate,
        accepted=candidate.accepted if decision.accepted is None else decision.accepted,
        structure=decision.structure or candidate.structure,
        side=decision.side or candidate.side,
        location=decision.location or candidate.location,
    )


def _outline(image: Volume, head: CtHead, point, structure: Structure, outlines, settings: Settings) -> Hematoma:
    """Outline from a point as blood of a structure; one that was made for another is made again."""
    known = outlines.get(tuple(point))
    if known is None or known.mask.name != structure:
        how = {"head": head, "structure": str(structure), "config": settings.hematoma}
        known = outlines[tuple(point)] = segment_hematoma(image, point, **how)
    return known


def _named(clot: Hematoma, structure: Structure) -> Hematoma:
    return replace(clot, mask=replace(clot.mask, name=str(structure)))


def _apart(clot: Hematoma, before: Sequence[Hematoma], image: Volume) -> tuple[Hematoma, list[Issue]]:
    """A clot without the voxels that an earlier one holds: no voxel is counted twice."""
    taken = union(before) if before else np.zeros(image.geometry.shape, bool)
    shared = clot.mask.values & taken
    if not shared.any():
        return clot, []
    ml = image.geometry.volume_ml(shared)
    found = f"{clot.mask.name} shares {ml:.1f} mL with what was clicked before"
    remedy = "they count with the first; draw the border between brain and ventricle by hand"
    issue = Issue("H19", Level.WARN, found, "structures that do not touch", remedy)
    less = _less(clot, taken)
    return replace(less, issues=(*clot.issues, issue)), [issue]


def _less(clot: Hematoma, taken: np.ndarray) -> Hematoma:
    """A clot without some of its voxels; its other numbers shrink with it."""
    if not (clot.mask.values & taken).any():
        return clot
    mask = replace(clot.mask, values=clot.mask.values & ~taken)
    ratio = mask.volume_ml / clot.volume_ml if clot.volume_ml else 0.0
    return replace(
        clot,
        mask=mask,
        volume_ml=mask.volume_ml,
        half_maximum_ml=clot.half_maximum_ml * ratio,
        fixed_window_ml=clot.fixed_window_ml * ratio,
        step_band_ml=tuple(b * ratio for b in clot.step_band_ml),
    )
