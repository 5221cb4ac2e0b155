"""A digital patient as BIDS NIfTI: dwi .nii.gz with .bval, .bvec and .json."""

import json
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..types import Directionality
from .diffusion_patient import DiffusionPatient


def _gradient_table(patient: DiffusionPatient) -> np.ndarray:
    """(3, n) directions along the axes of the image, x mirrored where the axes are right-handed, as FSL wants them."""
    affine = patient.geometry.affine[:3, :3]
    axes = (affine / np.linalg.norm(affine, axis=0)).T
    if np.linalg.det(affine) > 0:
        axes = axes * np.array([[-1], [1], [1]])
    columns = [
        axes @ np.asarray(w.direction) if w.directionality is Directionality.DIRECTIONAL else np.zeros(3)
        for w in patient.weightings
    ]
    return np.array(columns).T


def _image(volume: np.ndarray, patient: DiffusionPatient) -> sitk.Image:
    affine = patient.geometry.affine
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    image = sitk.GetImageFromArray(volume)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    image.SetDirection((affine[:3, :3] / spacing).ravel().tolist())
    return image


def write_bids(patient: DiffusionPatient, folder: Path, label: str = "01") -> list[Path]:
    """Write one subject.

    Args:
        patient: on an even, untilted slab.
        folder: root of the data set.
        label: of the subject.

    Raises:
        ValueError: slices that NIfTI cannot describe by one affine without shear.
    """
    if not patient.geometry.is_even or patient.geometry.tilt_deg > 0.01:
        msg = "NIfTI needs evenly spaced slices that are stacked along their normal"
        raise ValueError(msg)
    base = folder / f"sub-{label}" / "dwi" / f"sub-{label}_dwi"
    base.parent.mkdir(parents=True, exist_ok=True)
    paths = [base.with_name(base.name + ending) for ending in (".nii.gz", ".bval", ".bvec", ".json")]
    stored = np.rint(patient.signal * 10).astype(np.int16)
    sitk.WriteImage(sitk.JoinSeries([_image(volume, patient) for volume in stored]), str(paths[0]))
    paths[1].write_text(" ".join(f"{w.b:g}" for w in patient.weightings) + "\n", "utf-8")
    rows = [" ".join(f"{v:.8f}" for v in row) for row in _gradient_table(patient)]
    paths[2].write_text("\n".join(rows) + "\n", "utf-8")
    sidecar = {
        "Modality": "MR",
        "Manufacturer": "Siemens",
        "MagneticFieldStrength": 3,
        "ImageType": ["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"],
        "SeriesDescription": "ep2d_diff_3scan",
        "EchoTime": 0.075,
        "RepetitionTime": 5,
        "SliceThickness": patient.slab.thickness_mm,
    }
    paths[3].write_text(json.dumps(sidecar, indent=2) + "\n", "utf-8")
    description = folder / "dataset_description.json"
    description.write_text(json.dumps({"Name": "Digital heads", "BIDSVersion": "1.9.0"}, indent=2) + "\n", "utf-8")
    return [*paths, description]
