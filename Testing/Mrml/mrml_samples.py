"""Images with every trap at once: tilted, unevenly spaced, odd numbers, words that break file formats."""

from dataclasses import fields

import numpy as np

from strokequant.errors import Issue, Level
from strokequant.geometry import Geometry
from strokequant.types import (
    Candidate,
    CaseRecord,
    CoreResult,
    DiffusionSeries,
    Directionality,
    InputRef,
    Mask,
    Measurement,
    QuantityMap,
    Role,
    Series,
    Status,
    TimeSeries,
    Volume,
)

AWKWARD = 'a;b:c|d~e^f%20 "quoted" <tag> &amp; \\ tab\there, line\nbreak, \u00b5m\u00b2'
SHAPE = (7, 12, 10)
SOURCE = InputRef("1.2.826.0.1.3680043.9.1", "ab" * 32, "ncct", tuple(f"1.2.3.{n}" for n in range(SHAPE[0])))
ISSUES = (Issue("G05", Level.WARN, AWKWARD, "even slices", "read the note", "series 0003"),)


def uneven_tilted(shape=SHAPE, tilt_deg=18.5, gaps=(4.0, 4.0, 1.08, 7.0, 7.0, 7.0)) -> Geometry:
    """Slices stacked along z, cut under a gantry tilt, at uneven positions (a head CT as in practice)."""
    tilt = np.radians(tilt_deg)
    orientation = (1, 0, 0, 0, np.cos(tilt), -np.sin(tilt))
    z = np.concatenate([[0.0], np.cumsum(gaps[: shape[0] - 1])]) / np.cos(tilt)
    origins = np.array([(-110.123456789, -99.87654321, -40.1 + step) for step in z])
    return Geometry.from_slices(origins, orientation, (0.4882812, 0.4882813), shape[1:], frame_of_reference="1.2.3.99")


def sheared(shape=SHAPE, seed=3) -> Geometry:
    """Even, oblique in all directions, and tilted."""
    random = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(random.normal(size=(3, 3)))
    affine = np.eye(4)
    affine[:3, :3] = axes * (0.9, 1.1, 4.7)
    affine[:3, 2] += 0.8 * affine[:3, 1]
    affine[:3, 3] = random.normal(size=3) * 50
    return Geometry.from_affine(affine, shape, "1.2.3.98")


def noise(shape, seed=0, scale=100.0) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype(np.float32)


def ct(geometry=None) -> Volume:
    geometry = geometry or uneven_tilted()
    provenance = {
        "slope_range": [1.0, 1.0],
        "third": 1 / 3,
        "words": AWKWARD,
        "nothing": None,
        "nan": float("inf"),
        "pair": (1, 2.5),
        "nested": {"a": [True, np.float64(0.1)]},
    }
    values = noise(geometry.shape)
    values[0, 0, :3] = (np.nan, -np.inf, -0.0)
    return Volume(
        values, geometry, "[hnsf'U]", "attenuation", SOURCE, provenance, ISSUES, SOURCE.instances[: geometry.shape[0]]
    )


def diffusion(geometry=None, images=5) -> DiffusionSeries:
    geometry = geometry or sheared()
    b = np.array([0.0, 999.999999999, 1000.0, 1000.0, 1000.0000000001])[:images]
    random = np.random.default_rng(5)
    directions = random.normal(size=(images, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    directions[0] = np.nan
    return DiffusionSeries(
        np.abs(noise((images, *geometry.shape), 1)),
        geometry,
        b,
        tuple(f"(0018,9087) {n}" for n in range(images)),
        directions,
        (Directionality.NONE, *(Directionality.DIRECTIONAL,) * (images - 1)),
        InputRef("1.2.3.4", "cd" * 32, "dwi", ("1.2.3.4.1", "1.2.3.4.2")),
        {"b_nominal": [0.0, 1000.0, None]},
        ISSUES,
        tuple(tuple(f"1.2.{n}.{k}" for k in range(geometry.shape[0])) for n in range(images)),
    )


def bolus(geometry=None, frames=6) -> TimeSeries:
    geometry = geometry or sheared()
    times = np.cumsum(np.random.default_rng(2).uniform(1.2, 2.1, frames)) + 0.1 + 0.2
    slices = geometry.shape[0]
    return TimeSeries(
        noise((frames, *geometry.shape), 4),
        geometry,
        times,
        "acquisition_time",
        "1",
        SOURCE,
        {},
        ISSUES,
        "dsc",
        times[:, None] + np.linspace(-0.5, 0.5, slices),
        30.1,
        tuple(tuple(f"1.3.{n}.{k}" for k in range(slices)) for n in range(frames)),
    )


def adc(geometry=None, *, reasons=True) -> QuantityMap:
    geometry = geometry or sheared()
    why = np.random.default_rng(8).integers(0, 3, geometry.shape).astype(np.uint8)
    return QuantityMap(
        noise(geometry.shape, 9, 900.0),
        why == 0,
        geometry,
        "um2/s",
        "adc",
        "log-linear",
        {"b_values": (0.0, 1000.0)},
        {"negative": 12},
        (SOURCE,),
        ISSUES,
        SOURCE.instances,
        why if reasons else None,
        ("negative", "below_noise_floor") if reasons else (),
    )


def blob(geometry: Geometry, seed=0, name="infarct_core") -> Mask:
    """A ragged mask that touches the border."""
    values = np.random.default_rng(seed).random(geometry.shape) > 0.6
    values[:, : geometry.shape[1] // 3] = False
    return Mask(values, geometry, name, "threshold; b:c|d", {"adc": 620.0}, "", ISSUES)


def same_geometry(a: Geometry, b: Geometry) -> bool:
    arrays = ("affine", "slice_origins", "slice_extents")
    same = all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in arrays)
    return same and (a.shape, a.frame_of_reference) == (b.shape, b.frame_of_reference)


def assert_same(found, expected):
    for field in fields(expected):
        a, b = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(b, np.ndarray):
            assert a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes(), field.name
        elif isinstance(b, Geometry):
            assert same_geometry(a, b)
        else:
            assert a == b and type(a) is type(b), field.name


def by_name(scene, name):
    return scene.GetFirstNodeByName(name)


def proposal(geometry):
    labels = np.zeros(geometry.shape, np.int32)
    labels[1:4, 4:8, 2:6], labels[5, 9:11, 7:9], labels[6, 1:3, 1:3] = 1, 2, 3
    candidates = tuple(
        Candidate(
            n, int((labels == n).sum()), 1 / n, 400.1, 30.0, 4.5, (1.0, 2 / 3, 3.0), "left", (1, 4), n < 3, ("bright",)
        )
        for n in (1, 2, 3)
    )
    core = Mask((labels == 1) | (labels == 2), geometry, "infarct_core", "threshold", {"adc": 620.0})
    return CoreResult(core, labels, candidates, (("threshold", 5.5), ("gate", 1 / 3)), core.issues)


MEASUREMENTS = (
    Measurement(
        "infarct_core_volume", 1 / 3, "ml", Status.MEASURED, 0.1 + 0.2, 0.7, AWKWARD, AWKWARD, (SOURCE,), ISSUES
    ),
    Measurement("infarct_core_volume_spline", None, "ml", Status.NOT_EVALUABLE, method="fewer than 4 slices"),
    Measurement("infarct_core_lesions", 0.0, "{lesions}", Status.ZERO),
)


def case_record(geometry=None) -> CaseRecord:
    """A whole record on one grid, with a mask that lies on another."""
    geometry = geometry or uneven_tilted()
    core = proposal(geometry)
    series = Series("0003", "1.2.3.4", "MR", Role.DWI, ("b values",), (), study_uid="1.2.3", patient_key="key1")
    masks = {"infarct_core": core.mask, "brain": blob(geometry, 3, "brain"), "far": blob(sheared(seed=11), 3, "far")}
    return CaseRecord(
        "0009",
        "baseline",
        (series,),
        {},
        {"dwi": "0003"},
        MEASUREMENTS,
        ISSUES,
        maps={"adc": adc(geometry)},
        masks=masks,
        images={"dwi": ct(geometry)},
        core=core,
    )


def present(scene):
    return sorted(
        (scene.GetNthNode(n).GetClassName(), scene.GetNthNode(n).GetID()) for n in range(scene.GetNumberOfNodes())
    )
