"""What DICOM objects say of blood beside its numbers: side, place, and how each clot was outlined."""

from collections.abc import Sequence

from .. import codes
from ..codes import Code
from ..hemorrhage_types import EDEMA, Structure
from ..types import CaseRecord

_SIDES = {"left": codes.LEFT, "right": codes.RIGHT}


def side_of_blood(record: CaseRecord, structure: str) -> Code | None:
    """Side of a structure from the accepted candidates, of edema that of the clot; None where nothing says it."""
    result = record.hemorrhage
    if result is None:
        return None
    wanted = Structure.ICH if structure == EDEMA else structure
    sides = {c.side for c in result.candidates if c.accepted and c.structure == wanted}
    known = {_SIDES[side] for side in sides if side in _SIDES}
    return codes.BILATERAL if len(known) == 2 else next(iter(known), None)


def is_clicked(record: CaseRecord, structure: str) -> bool:
    """Whether blood was outlined from what a reader clicked, took or drew."""
    return record.hemorrhage is not None and not record.hemorrhage.proposal and structure in set(Structure)


def hemorrhage_comments(record: CaseRecord, structure: str) -> list[str]:
    """Place, threshold and levels of every clot of a structure, and the axes of ABC/2."""
    result = record.hemorrhage
    if result is None:
        return []
    clots = [clot for clot in result.clots if clot.mask.name == structure]
    places = dict.fromkeys(
        f"{c.side} {c.location}" for c in result.candidates if c.accepted and c.structure == structure
    )
    lines = [f"Place: {'; '.join(places)}"] if places else []
    lines += [
        f"Clot {n}: {clot.volume_ml:.6g} ml, {clot.mask.method}"
        + (f", seed {_point(clot.seed_lps)} mm (LPS)" if clot.seed_lps is not None else "")
        for n, clot in enumerate(clots, 1)
    ]
    if structure == Structure.ICH and result.abc2 is not None:
        abc2 = result.abc2
        lines.append(
            f"ABC/2: A {abc2.a_mm:.6g} mm, B {abc2.b_caliper_mm:.6g} mm (caliper) or {abc2.b_chord_mm:.6g} mm (chord) "
            f"on slice {abc2.slice_index + 1}; C {abc2.c_kothari_mm:.6g} mm weighted, {abc2.c_plain_mm:.6g} mm plain; "
            f"weights of slices {abc2.slices[0] + 1} to {abc2.slices[-1] + 1}: {', '.join(f'{w:g}' for w in abc2.weights)}"
        )
    return lines


def _point(lps: Sequence[float]) -> str:
    return ", ".join(f"{x:.1f}" for x in lps)
