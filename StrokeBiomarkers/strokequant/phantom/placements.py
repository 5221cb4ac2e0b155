"""Placements: where the regions of a phantom are, written for a person and read back with corrections.

    {"format": "strokequant placements 1", "vials": {"V0": [x, y, z], ...}}

Positions are LPS mm of the middle of a vial. A file may name some vials only; the others stay where they were found.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, UsageError
from ..phantom_types import InsertPlacement, PhantomDefinition, PhantomKind

FORMAT = "strokequant placements 1"


def placements_dict(placements: Sequence[InsertPlacement]) -> dict[str, Any]:
    """Plain data of a placements file."""
    return {
        "format": FORMAT,
        "unit": "mm, LPS",
        "vials": {p.label: [round(float(v), 3) for v in p.center_lps] for p in placements},
    }


def movable(phantom: PhantomDefinition | None, placements: Sequence[InsertPlacement] = ()) -> set[str]:
    """Labels of inserts that are measured where a person puts them; the others follow the pose.

    Args:
        placements: of a session; a label that several series have is none that a point can be given for.
    """
    from .mri_regions import MOVABLE

    if phantom is None:
        return set()
    if phantom.kind is PhantomKind.ACR_MRI:
        return set(MOVABLE)
    if phantom.kind is PhantomKind.DIFFUSION:
        return {i.label for i in phantom.inserts if i.quantity == "adc"}
    if phantom.kind is PhantomKind.ACR_CT:
        return {i.label for i in phantom.inserts if "hu" in i.traits}
    several = {label for label, count in Counter(p.label for p in placements).items() if count > 1}
    return {i.label for i in phantom.inserts if "blood" in i.traits or i.quantity == "volume"} - several


def load_placements(path: Path, labels: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    """Positions that a person gives.

    Args:
        labels: of the inserts that the phantom has.

    Raises:
        UsageError: Q04, a file that cannot be read or names what the phantom does not have.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _refused(path, str(error)) from error
    vials = content.get("vials") if isinstance(content, dict) else None
    if not isinstance(vials, Mapping) or content.get("format") != FORMAT:
        raise _refused(path, "no placements")
    unknown = sorted(set(vials) - set(labels))
    if unknown:
        raise _refused(path, f"no insert {', '.join(unknown)} in this phantom")
    return {label: _point(path, label, value) for label, value in sorted(vials.items())}


def _point(path: Path, label: str, value: Any) -> tuple[float, float, float]:
    numbers = (
        isinstance(value, list)
        and len(value) == 3
        and all(isinstance(v, int | float) and math.isfinite(v) for v in value)
    )
    if not numbers:
        raise _refused(path, f"{label}: {value!r} is not [x, y, z]")
    return tuple(float(v) for v in value)


def _refused(path: Path, found: str) -> UsageError:
    expected = f'"format": "{FORMAT}" and "vials" with LPS mm, such as in the placements.json of an earlier result'
    return UsageError(Issue("Q04", Level.STOP, f"{Path(path).name}: {found}", expected, "correct the file"))
