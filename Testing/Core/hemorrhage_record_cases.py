"""Records of hemorrhage with known boxes of blood, for the tests of the record stage."""

from dataclasses import replace

import numpy as np
from record_cases import EVEN, grid

from strokequant.biomarkers.abc2 import abc2_of_mask
from strokequant.biomarkers.hemorrhage_measures import hemorrhage_measurements, not_measured
from strokequant.biomarkers.hemorrhage_reader import reader_measurements
from strokequant.errors import Issue, Level
from strokequant.geometry import Geometry
from strokequant.hemorrhage_types import BloodCandidate, HemorrhageResult, Structure
from strokequant.segmentation.hematoma import Hematoma
from strokequant.settings import Settings
from strokequant.types import (
    CaseRecord,
    Equipment,
    InputRef,
    Mask,
    Role,
    Series,
    Status,
    Volume,
)

CT_UID = "1.2.826.0.1.3680043.8.498.3001"
REF = InputRef(CT_UID, "ef" * 32, "ncct")
S05 = Issue("S05", Level.WARN, "automatic outline of blood, not signed by a reader", "a reader's confirmation")
H21 = Issue("H21", Level.WARN, "edema told by the mirror image", "a reader's outline")
SHAPE = (6, 40, 32)
BOXES = {
    "ich": ((1, 5), (12, 24), (18, 27)),
    "ivh": ((2, 4), (26, 31), (14, 18)),
    "sah": ((1, 3), (4, 6), (8, 20)),
    "sdh": ((1, 5), (10, 30), (2, 4)),
    "edh": ((2, 5), (31, 35), (22, 30)),
}
"""First and after the last voxel along k, j and i; no two share one, and no two are of one size."""
HU = {"ich": 65.0, "ivh": 60.0, "sah": 55.0, "sdh": 70.0, "edh": 75.0}


def ct_grid(z=EVEN, **more) -> Geometry:
    """Grid that the boxes fit in."""
    return grid(z=z, shape=SHAPE, **more)


def box(name: str, geometry: Geometry) -> np.ndarray:
    """Voxels of a structure."""
    values = np.zeros(geometry.shape, bool)
    values[tuple(slice(*bounds) for bounds in BOXES[name])] = True
    return values


def edema_of(geometry: Geometry) -> np.ndarray:
    """A rim of two voxels around the ICH."""
    values = np.zeros(geometry.shape, bool)
    k, j, i = BOXES["ich"]
    values[slice(*k), j[0] - 2 : j[1] + 2, i[0] - 2 : i[1] + 2] = True
    others = [box(name, geometry) for name in BOXES]
    return values & ~np.logical_or.reduce(others)


def clot(name: str, geometry: Geometry, **changes) -> Hematoma:
    """The outline of one box: threshold 48.5 HU, half-way between 65 and 32."""
    values = box(name, geometry)
    mask = Mask(values, geometry, name, "half maximum at 48.5 HU")
    volume = mask.volume_ml
    known = Hematoma(
        mask, values, 48.5, HU[name], 32.0, volume, 0.98 * volume, 1.02 * volume, (0.95 * volume, 1.06 * volume), (0.0, 0.0, 0.0), {}
    )  # fmt: skip
    return replace(known, **changes)


def ct_image(geometry: Geometry, names, edema: bool) -> Volume:
    """32 HU, blood and edema at their levels, air around the brain."""
    values = np.full(geometry.shape, 32.0, np.float32)
    if edema:
        values[edema_of(geometry)] = 22.0
    for name in names:
        values[box(name, geometry)] = HU[name]
    values[~brain_of(geometry)] = -1000.0
    return Volume(values, geometry, "[hnsf'U]", "attenuation", REF)


def brain_of(geometry: Geometry) -> np.ndarray:
    """All but a border of two pixels."""
    values = np.zeros(geometry.shape, bool)
    values[:, 2:-2, 2:-2] = True
    return values


def ct_series(**more) -> Series:
    """What the headers said."""
    given = {"equipment": Equipment("SIEMENS", "SOMATOM"), "study_uid": "1.2.3.9"} | more
    return Series(
        "0002", CT_UID, "CT", Role.NCCT, ("CT without contrast agent by its tags",), (), (), SHAPE[1:], **given
    )


def candidates_of(geometry: Geometry) -> tuple[BloodCandidate, ...]:
    """The ICH, proposed, and a bright speck that was left out."""
    center = tuple(geometry.to_lps([[3, 17, 22]])[0])
    speck = tuple(geometry.to_lps([[4, 8, 10]])[0])
    ml = geometry.volume_ml(box("ich", geometry))
    return (
        BloodCandidate(1, Structure.ICH, ml, 65.0, center, "left", "deep", (1, 4), True, ("65 HU, thick",)),
        BloodCandidate(2, Structure.ICH, 0.2, 51.0, speck, "right", "lobar", (4, 4), False, ("below 0.8 mL",)),
    )


def hemorrhage_record(
    geometry: Geometry | None = None,
    *,
    structures=("ich", "ivh", "sah", "sdh", "edh"),
    edema: bool = True,
    searched=tuple(Structure),
    answered: bool = False,
    base: CaseRecord | None = None,
    **changes,
) -> CaseRecord:
    """A measured record.

    Args:
        geometry: of the CT.
        structures: that hold blood; `searched`: that were looked for.
        edema: around the ICH.
        answered: a reader gave scores and landmarks.
        base: record that this is added to.
        changes: of the `HemorrhageResult`.
    """
    geometry = ct_grid() if geometry is None else geometry
    clots = [clot(name, geometry) for name in structures]
    rim = Mask(edema_of(geometry), geometry, "edema", "darker than the mirror image", issues=(H21,)) if edema else None
    image = ct_image(geometry, structures, edema)
    found = hemorrhage_measurements(image, clots, edema=rim, searched=searched, issues=(S05,))
    if answered:
        landmarks = ((70.0, 0.0, 0.0), (-70.0, 0.0, 0.0), (4.0, 0.0, 0.0))
        found += reader_measurements(
            graeb={"third": 4}, ivh={"right": 2, "left": 1, "third": 1, "hydrocephalus": 1}, midline_lps=landmarks, inputs=(REF,)
        )  # fmt: skip
    masks = {one.mask.name: one.mask for one in clots} | ({"edema": rim} if rim else {})
    for name in searched:
        empty = Mask(np.zeros(geometry.shape, bool), geometry, str(name), "looked for and not found")
        masks.setdefault(str(name), empty)
    ventricles = np.zeros(geometry.shape, bool)
    masks |= {
        "ct_brain": Mask(brain_of(geometry), geometry, "ct_brain", "inside of the skull"),
        "ventricles": Mask(ventricles, geometry, "ventricles", "CSF"),
    }
    ich = masks["ich"].values if "ich" in structures else None
    result = HemorrhageResult(
        tuple(clots),
        candidates_of(geometry),
        abc2_of_mask(ich, geometry) if ich is not None else None,
        proposal=True,
        facts={
            "kernel": "H30s",
            "kvp": [120.0],
            "thickness_mm": [5.0],
            "contrast_agent": "",
            "tilt_deg": [0.0],
            "air_hu": -1000.0,
            "csf_hu": 9.0,
            "brain_hu": 32.0,
        },
        issues=(S05, *((H21,) if edema else ())),
    )
    record = base or CaseRecord("case09", "baseline", (), {}, {}, (), (), software={"strokequant": "0.1.0"})
    return replace(
        record,
        series=(*record.series, ct_series()),
        used={**record.used, "ncct": "0002"},
        measurements=(*record.measurements, *found),
        issues=(*record.issues, *result.issues),
        inputs=(*record.inputs, REF),
        masks={**record.masks, **masks},
        images={**record.images, "ncct": image},
        configuration={**record.configuration, **Settings().describe()},
        hemorrhage=replace(result, **changes),
    )


def refused_hemorrhage() -> CaseRecord:
    """Contrast agent: refused before anything was read."""
    stop = Issue(
        "H04", Level.ASK, "Contrast/Bolus Agent (0018,0010) 'Iodine'", "a CT without contrast agent", "name it"
    )
    record = CaseRecord("case09", "baseline", (), {}, {}, (), (), software={"strokequant": "0.1.0"})
    return replace(
        record,
        series=(ct_series(),),
        measurements=not_measured(Status.NOT_EVALUABLE, (stop,)),
        issues=(stop,),
        configuration=Settings().describe(),
    )
