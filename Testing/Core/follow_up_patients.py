"""Time points of one synthetic patient as DICOM CT, and outlines of readers as files."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from strokequant.synthetic.anatomy import Head, Tissue, tissue_fractions
from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.hemorrhage_head import HU
from strokequant.synthetic.hemorrhage_implant import Implant, implant
from strokequant.synthetic.hemorrhage_patients import NCCT
from strokequant.synthetic.hemorrhage_shapes import clot_of_volume
from strokequant.synthetic.vendors.common import Options, Study, write_files
from strokequant.synthetic.vendors.perfusion_ct import SIEMENS, ct_image
from strokequant.types import Volume

GRID = {"slices": 30, "rows": 112, "columns": 112, "pixel_mm": 2.0, "step_mm": 5.0}
"""Voxels of 20 microliters."""
DARK = (30.0, -10.0, 40.0)
"""Where tissue is darker: white matter away from the ventricles, as on the other side."""
DAY_0, DAY_1 = ("20260301", "080000"), ("20260302", "080000")


def head_ct(slab, pose=None, *, clot_ml=20.0, dark_ml=0.0, seed=1):
    """Head with one clot, that lies in the scanner as the pose (scanner to head) says; or with tissue that is 5 HU darker."""
    pose = np.eye(4) if pose is None else pose
    fractions = tissue_fractions(Head(), slab, pose, (1, 1, 3))
    hu = np.tensordot(np.array([HU[t] for t in Tissue], np.float32), fractions, axes=(0, 0))
    hu += np.random.default_rng(seed).normal(0, 3.0, hu.shape)
    if dark_ml:
        hu[voxels_near(slab.geometry, DARK, round(1000 * dark_ml / slab.geometry.voxel_volumes_mm3[0]))] -= 5
    image = Volume(np.maximum(hu, -1024).astype(np.float32), slab.geometry, "[hnsf'U]", "attenuation")
    if not clot_ml:
        return image
    center = np.linalg.inv(pose) @ (28, 0, 14, 1)
    clot = Implant(clot_of_volume(clot_ml, tuple(center[:3]), (1, 1.3, 1.0), lobes=0.1))
    return implant(image, (clot,), seed=seed).image


def write_ct(folder: Path, when=DAY_0, *, number=1, grid=GRID, pose=None, header=None, **how) -> Volume:
    """One plain CT of a patient."""
    slab = make_slab(**grid)
    image = head_ct(slab, pose, **how)
    study = Study(number, *when)
    given = {"KVP": "120", "ConvolutionKernel": "H30s", "ContrastBolusAgent": None, "BodyPartExamined": "HEAD"}

    def images():
        for k, plane in enumerate(image.values):
            ds = ct_image(study, SIEMENS, NCCT, slab, k, plane, k + 1)
            for keyword, value in (given | (header or {})).items():
                if value is None:
                    delattr(ds, keyword)
                else:
                    setattr(ds, keyword, value)
            yield ds

    write_files(images(), folder, Options())
    return image


def voxels_near(geometry, center, count: int) -> np.ndarray:
    """(k, j, i) mask of the `count` voxels that are nearest to a point."""
    index = np.argwhere(np.ones(geometry.shape, bool))
    distance = np.linalg.norm(geometry.to_lps(index) - center, axis=1)
    chosen = index[np.argsort(distance, kind="stable")[:count]]
    mask = np.zeros(geometry.shape, bool)
    mask[tuple(chosen.T)] = True
    return mask


def write_outline(path: Path, mask: np.ndarray, geometry) -> None:
    """A mask as a file of another program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    spacing = np.linalg.norm(geometry.affine[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(geometry.affine[:3, 3].tolist())
    image.SetDirection((geometry.affine[:3, :3] / spacing).ravel().tolist())
    sitk.WriteImage(image, str(path))
