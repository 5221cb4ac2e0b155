"""A vessel's curve from a text file: two columns, time in s and concentration, with or without a heading."""

import re
from pathlib import Path

import numpy as np

from ..errors import InputError, Issue, Level
from ..perfusion_config import VesselConfig
from ..perfusion_types import Vessel, VesselCurve
from .clusters import curve_scores, with_gamma_fit
from .gates import as_warnings, faults, median_step_s, refusals


def read_vessel_curve(path: Path, *, vessel: Vessel, unit: str, config: VesselConfig = VesselConfig()) -> VesselCurve:
    """Curve of a file; it need not have the times of the series.

    Args:
        path: text; columns apart by comma, semicolon, tab or blanks; a point in decimals.
        vessel: AIF or VOF.
        unit: of the concentration that it will be used with; a file cannot be checked for it, which is said.
        config: limits.

    Raises:
        InputError: A11 for a file that cannot be read, is too short, not finite, or has times that do not rise.
    """
    times, values = _columns(path)
    problem = _problem(times, values, config)
    if problem:
        raise InputError(_refused(path, problem))
    scores = curve_scores(values, times, 0, float("nan"), config)
    failed = refusals(scores, vessel, median_step_s(times), config)
    note = Issue("A11", Level.INFO, f"curve from {path.name}", "", f"its unit is taken to be {unit}", str(vessel))
    own = (note, *as_warnings(failed, vessel), *faults(scores, vessel, config))
    nowhere = (float("nan"),) * 3
    curve = VesselCurve(vessel, values, times, np.zeros((0, 3), int), nowhere, "file", scores, issues=own)
    return with_gamma_fit(curve, 0)


def _columns(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(_refused(path, f"it cannot be read ({type(error).__name__})")) from None
    rows = [re.split(r"[,;\s]+", line.strip().rstrip(",;")) for line in text.splitlines() if line.strip()]
    if rows and not _is_number(rows[0][0]):
        rows = rows[1:]
    wrong = [row for row in rows if len(row) != 2 or not all(_is_number(cell) for cell in row)]
    if wrong or not rows:
        raise InputError(_refused(path, f"{len(wrong)} of {len(rows)} lines are not two numbers"))
    table = np.array(rows, float)
    return table[:, 0], table[:, 1]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _problem(times: np.ndarray, values: np.ndarray, config: VesselConfig) -> str:
    if len(times) < config.file_points_min:
        return f"{len(times)} points"
    if not (np.isfinite(times).all() and np.isfinite(values).all()):
        return "values that are not finite"
    if (np.diff(times) <= 0).any():
        return "times that do not rise"
    return "" if values.max() > 0 else "no positive value"


def _refused(path: Path, problem: str) -> Issue:
    expected = "two columns, time in s and concentration"
    return Issue("A11", Level.STOP, problem, expected, "write the file again", path.name)
