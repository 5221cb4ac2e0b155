"""Small constructed perfusion cases for the tests: a box of tissue on a 2 x 2 x 5 mm grid, 0.02 mL a voxel, lesion on the left.

Everything is known exactly: 50 voxels are 1 mL. +x is the patient's left, so that a high column index is left.
"""

import numpy as np

from strokequant.geometry import Geometry
from strokequant.perfusion_config import LesionConfig
from strokequant.perfusion_types import PerfusionMaps
from strokequant.segmentation.hemispheres import Sides, with_affected_side
from strokequant.segmentation.hypoperfusion import segment_lesions
from strokequant.segmentation.perfusion_brain import PerfusionBrain
from strokequant.segmentation.reference_tissue import reference_tissue, vessel_mask
from strokequant.segmentation.sides import MidPlane
from strokequant.types import Mask, QuantityMap

SHAPE = (6, 40, 60)
VOXEL_ML = 0.02
EXACT = LesionConfig(min_cluster_ml=0.0, core_min_cluster_ml=0.0, min_voxels=0)
"""No cluster is too small."""
NORMAL = {"cbf": 50.0, "cbv": 4.0, "mtt": 4.8, "tmax": 1.0, "ttp": 5.0}
UNITS = {"cbf": "ml/[100]g/min", "cbv": "ml/[100]g", "mtt": "s", "tmax": "s", "ttp": "s"}


def grid(shape=SHAPE):
    affine = np.diag([2.0, 2.0, 5.0, 1.0])
    affine[:3, 3] = [-(shape[2] - 1), -(shape[1] - 1), 0]
    return Geometry.from_affine(affine, shape)


class Case:
    """Maps of normal tissue that a test changes before it asks for the rest."""

    def __init__(self, shape=SHAPE):
        self.geometry = grid(shape)
        self.values = {name: np.full(shape, value, np.float32) for name, value in NORMAL.items()}
        self.valid = np.ones(shape, bool)
        self.csf, self.artifact = np.zeros(shape, bool), np.zeros(shape, bool)
        self.brain_values = np.zeros(shape, bool)
        self.brain_values[:, 2:-2, 2:-2] = True
        self.plane = MidPlane(np.zeros(3), np.array([1.0, 0.0, 0.0]), 1.0)

    def mask(self, values, name="brain"):
        return Mask(values, self.geometry, name, "constructed")

    def put(self, where, **values):
        for name, value in values.items():
            self.values[name][where] = value

    @property
    def maps(self):
        made = {
            name: QuantityMap(values, self.valid, self.geometry, UNITS[name], name, "constructed")
            for name, values in self.values.items()
        }
        return PerfusionMaps(**made, parameters={"window_s": [-3.0, 25.0], "grid_step_s": 1.5})

    @property
    def brain(self):
        return PerfusionBrain(
            self.mask(self.brain_values),
            self.mask(self.csf, "csf"),
            self.mask(self.artifact, "artifact"),
            self.mask(self.brain_values, "vessel_search"),
            30.0,
        )

    def sides(self, given="", config=EXACT):
        x = self.geometry.affine[0, 0] * np.arange(self.geometry.shape[2]) + self.geometry.affine[0, 3]
        left = self.brain_values & (x > 0)
        sides = Sides(self.plane, left, self.brain_values & ~left)
        return with_affected_side(sides, self.maps, self.brain.tissue, given=given, config=config)

    def reference(self, config=EXACT, sides=None):
        sides = sides or self.sides(config=config)
        brain = self.brain
        vessels = vessel_mask(self.maps.cbv, brain.tissue, sides, config=config)
        return reference_tissue(
            self.maps, brain.brain, brain.csf, vessels, sides, artifact=brain.artifact, config=config
        )

    def tissue(self, config=EXACT):
        vessels = vessel_mask(self.maps.cbv, self.brain.tissue, self.sides(config=config), config=config)
        return self.brain.tissue & ~vessels.values

    def lesions(self, config=EXACT, core=None, accepted=None, core_strokes=None):
        sides = self.sides(config=config)
        vessels = vessel_mask(self.maps.cbv, self.brain.tissue, sides, config=config)
        reference = self.reference(config, sides)
        more = {"core": core, "accepted": accepted, "core_strokes": core_strokes}
        return segment_lesions(self.maps, self.brain, vessels, sides, reference, **more, config=config)


def box(k, j, i):
    """Index of a box by (start, stop) along each axis."""
    return tuple(slice(*edge) for edge in (k, j, i))
