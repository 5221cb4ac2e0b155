"""What lies beside a NIfTI image: JSON sidecar, .bval and .bvec, found as BIDS says.

b values are in s/mm2, gradient directions are turned from FSL's image axes to LPS. Refused: tables that do not fit the image.
"""

import glob
import json
from pathlib import Path
from typing import Any

import numpy as np

from ..config import NiftiConfig, ReadConfig
from ..errors import Issue, Level, ReadError

B_RANGE = "a finite b value from 0 to the limit, in s/mm2"


def stem(path: Path) -> str:
    """File name without .nii or .nii.gz."""
    name = path.name
    for ending in (".nii.gz", ".nii"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return path.stem


def sidecar_of(path: Path) -> dict[str, Any]:
    """Content of the JSON files that apply to an image: beside it, and by the inheritance principle of BIDS above it.

    Returns:
        Merged content; the nearest file wins. Broken JSON counts as absent.
    """
    merged: dict[str, Any] = {}
    for found in reversed(companions(path, ".json")):
        try:
            content = json.loads(found.read_text("utf-8-sig"))
        except (OSError, ValueError):
            continue
        if isinstance(content, dict):
            merged |= content
    return merged


def companions(path: Path, ending: str) -> list[Path]:
    """Files with an ending that belong to an image, nearest first.

    A file of the same stem beside it; in a BIDS data set also files above it whose suffix is the same and whose entities all
    occur in the name of the image.
    """
    own = stem(path)
    found = [path.with_name(own + ending)] if path.with_name(own + ending).is_file() else []
    root = dataset_root(path)
    parts = own.split("_")
    folder = path.parent
    while root is not None:
        for candidate in sorted(folder.glob(f"*{glob.escape(parts[-1])}{ending}")):
            words = candidate.name[: -len(ending)].split("_")
            if words[-1] == parts[-1] and set(words) <= set(parts) and candidate not in found:
                found.append(candidate)
        if folder == root:
            break
        folder = folder.parent
    return found


def dataset_root(path: Path) -> Path | None:
    """Folder with dataset_description.json above a file, None outside of a BIDS data set."""
    return next((folder for folder in list(path.parents)[:6] if (folder / "dataset_description.json").is_file()), None)


def plausible_b(value: Any, config: ReadConfig = ReadConfig()) -> bool:
    """True for a number that can be a b value in s/mm2."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= config.b_max


def read_bvals(path: Path, count: int) -> tuple[float, ...] | None:
    """b values of the .bval file of an image in s/mm2, None where there is no such file.

    Raises:
        ReadError: their number or values cannot be right.
    """
    files = companions(path, ".bval")
    if not files:
        return None
    values = _numbers(files[0])
    if values.size != count:
        found = f"{values.size} b values for {count} volumes"
        remedy = "export image and .bval together again"
        raise ReadError(Issue("B01", Level.STOP, found, "one b value per volume", remedy, files[0].name))
    if not all(plausible_b(float(b)) for b in values.flat):
        found = f"b values from {values.min():g} to {values.max():g}"
        raise ReadError(Issue("B02", Level.STOP, found, B_RANGE, "correct the file", files[0].name))
    return tuple(float(b) for b in values.flat)


def _numbers(path: Path) -> np.ndarray:
    """Rows of numbers of a .bval or .bvec file, separated by blanks, tabs or commas."""
    try:
        lines = [line.replace(",", " ").split() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
        return np.array(lines, dtype=float)
    except (OSError, ValueError):
        found = "the file is not a table of numbers"
        issue = Issue("B01", Level.STOP, found, "numbers separated by blanks", "export it again", path.name)
        raise ReadError(issue) from None


def read_directions(path: Path, count: int, affine: np.ndarray, config: NiftiConfig = NiftiConfig()) -> np.ndarray:
    """Gradient directions of the .bvec file in LPS; NaN rows where there is none.

    FSL's convention: components along the voxel axes, the first one negated where the RAS affine has a positive determinant.

    Args:
        affine: 4x4 (i, j, k) to LPS.

    Returns:
        (count, 3).
    """
    directions = np.full((count, 3), np.nan)
    files = companions(path, ".bvec")
    if not files:
        return directions
    vectors = _numbers(files[0])
    vectors = vectors.T if vectors.shape == (3, count) else vectors
    if vectors.shape != (count, 3):
        found = f"gradient vectors of shape {vectors.shape} for {count} volumes"
        issue = Issue("B01", Level.STOP, found, "three rows of one number per volume", "export it again", files[0].name)
        raise ReadError(issue)
    length = np.linalg.norm(vectors, axis=1)
    known = np.abs(length - 1) <= config.bval_direction_tolerance
    if np.linalg.det(affine[:3, :3]) > 0:  # LPS and RAS have the same determinant
        vectors = vectors * np.array([-1.0, 1.0, 1.0])
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    world = vectors[known] @ axes.T
    directions[known] = world / np.linalg.norm(world, axis=1, keepdims=True)
    return directions
