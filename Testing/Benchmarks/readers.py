"""Three ways to read a DICOM folder, each giving images with the place of every voxel: strokequant, dcm2niix, SimpleITK.

Each is used as its documentation says and nothing is repaired afterwards, so that the images show what a user of it would get.
"""

import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

LPS_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Image:
    """One 3-D image as a reader gives it.

    Args:
        values: (k, j, i) float32.
        to_lps: (n, 3) indices (k, j, i) -> (n, 3) LPS mm.
        voxel_mm3: (k,) volume that a voxel of each slice stands for.
        b_value: s/mm2; None where the reader does not tell.
    """

    values: np.ndarray
    to_lps: Callable[[np.ndarray], np.ndarray]
    voxel_mm3: np.ndarray
    b_value: float | None = None


@dataclass(frozen=True)
class Reading:
    """What a reader made of a folder: images, or a reason why there are none.

    Args:
        images: in the order of the reader.
        refused: what it said, "" where it read.
        warned: what it said beside the images.
        failed: True where it could not run at all.
        resampled: True where the reader says that it made new slices between the measured ones.
    """

    images: tuple[Image, ...] = ()
    refused: str = ""
    warned: tuple[str, ...] = field(default=())
    failed: bool = False
    resampled: bool = False


def by_affine(values: np.ndarray, affine: np.ndarray, b_value: float | None = None) -> Image:
    """Image on an even grid; `affine` maps (i, j, k) to LPS."""

    def to_lps(index: np.ndarray) -> np.ndarray:
        return np.asarray(index, float)[:, ::-1] @ affine[:3, :3].T + affine[:3, 3]

    volume = np.full(values.shape[0], abs(np.linalg.det(affine[:3, :3])))
    return Image(np.asarray(values, np.float32), to_lps, volume, b_value)


def read_strokequant(folder: Path) -> Reading:
    """Scan, audit, read the largest series; refused where the audit or the reader refuses."""
    from strokequant.dicomio.audit import audit_series
    from strokequant.dicomio.read import read_adc, read_diffusion, read_volume
    from strokequant.dicomio.scan import scan
    from strokequant.errors import Level, StrokeQuantError
    from strokequant.types import Role, Verdict

    try:
        series = max(scan(folder).series, key=lambda s: len(s.frames))
        audit = audit_series(series)
        if audit.verdict is Verdict.REFUSE:
            return Reading(refused="; ".join(i.code for i in audit.issues if i.level is Level.STOP))
        warned = tuple(i.code for i in (*series.issues, *audit.issues) if i.level is Level.WARN)
        if series.role is Role.DWI:
            dwi = read_diffusion(series)
            pairs = zip(dwi.values, dwi.b_values, strict=True)
            images = tuple(_of_geometry(values, dwi.geometry, float(b)) for values, b in pairs)
        else:
            volume = (read_adc if series.role is Role.ADC else read_volume)(series)
            images = (_of_geometry(volume.values, volume.geometry),)
    except StrokeQuantError as error:
        return Reading(refused="; ".join(i.code for i in error.issues))
    return Reading(images, warned=warned)


def _of_geometry(values, geometry, b_value: float | None = None) -> Image:
    def to_lps(index: np.ndarray) -> np.ndarray:
        k = np.asarray(index, int)[:, 0]
        in_plane = index[:, 2:3] * geometry.affine[:3, 0] + index[:, 1:2] * geometry.affine[:3, 1]
        return geometry.slice_origins[k] + in_plane

    return Image(values, to_lps, geometry.voxel_volumes_mm3, b_value)


def dcm2niix_command(folder: Path, out: Path) -> list[str]:
    """Convert a folder without compression, so that writing costs little."""
    return ["dcm2niix", "-z", "n", "-f", "%s", "-o", str(out), str(folder)]


def read_dcm2niix(folder: Path, workspace: Path) -> Reading:
    """Convert, then take the largest file; of a tilted CT the one that it corrected."""
    for name, there in (("dcm2niix", shutil.which("dcm2niix")), ("nibabel", importlib.util.find_spec("nibabel"))):
        if not there:
            return Reading(refused=f"{name} is not installed", failed=True)
    out = Path(workspace, "nifti")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    done = subprocess.run(dcm2niix_command(folder, out), capture_output=True, text=True)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.lower().startswith(("warning", "error"))]
    files = sorted(out.glob("*.nii"), key=lambda p: (len(p.stem), p.stat().st_size))
    if not files:
        return Reading(refused="; ".join(said) or "no image")
    return Reading(tuple(_of_nifti(files[-1])), warned=tuple(said), resampled="_Eq" in files[-1].stem)


def _of_nifti(path: Path) -> list[Image]:
    import nibabel

    nifti = nibabel.load(path)
    affine = LPS_RAS @ nifti.affine
    values = np.asarray(nifti.dataobj, np.float32)
    values = values[..., None] if values.ndim == 3 else values
    b_file = path.with_suffix(".bval")
    b_values = np.loadtxt(b_file).ravel() if b_file.exists() else [None] * values.shape[3]
    pairs = zip(np.moveaxis(values, 3, 0), b_values, strict=True)
    return [by_affine(image.transpose(2, 1, 0), affine, None if b is None else float(b)) for image, b in pairs]


def read_simpleitk(folder: Path) -> Reading:
    """ImageSeriesReader over the largest series that GDCM finds in the folder."""
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    reader = sitk.ImageSeriesReader()
    names = [reader.GetGDCMSeriesFileNames(str(folder), uid) for uid in reader.GetGDCMSeriesIDs(str(folder))]
    if not names:
        return Reading(refused="no series found")
    try:
        reader.SetFileNames(max(names, key=len))
        image = reader.Execute()
    except RuntimeError as error:
        return Reading(refused=str(error).strip().splitlines()[-1])
    size = image.GetDimension()
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (size, size))[:3, :3] * image.GetSpacing()[:3]
    affine[:3, 3] = image.GetOrigin()[:3]
    values = sitk.GetArrayFromImage(image)
    return Reading(tuple(by_affine(one, affine) for one in values.reshape(-1, *values.shape[-3:])))
