"""Small synthetic patients that are quick to write and to measure."""

from dataclasses import replace

from strokequant.synthetic.patients import demo_patients
from strokequant.synthetic.perfusion_patients import perfusion_demo_patients

SLAB = {"slices": 20, "rows": 72, "columns": 72, "pixel_mm": 3.2, "step_mm": 6.5}


def small(name):
    """The demo patient of this name (without its number) on a coarse grid."""
    spec = next(s for s in demo_patients() if s.name.endswith(f"_{name}"))
    return replace(spec, slab=spec.slab | SLAB)


PERFUSION_SLABS = {
    "dsc_dwi": {"slices": 10, "rows": 88, "columns": 88, "pixel_mm": 2.6, "step_mm": 12.0},
    "ctp": {"slices": 9, "rows": 96, "columns": 96, "pixel_mm": 2.3, "step_mm": 13.0},
    "refuse_no_contrast": {"rows": 64, "columns": 64, "pixel_mm": 3.6},
}
PERFUSION_FRAMES = {"dsc_dwi": 36, "ctp": 30, "refuse_no_contrast": 36}


def small_perfusion(name, **changes):
    """The demo patient of perfusion of this name (without its number) on a coarse grid, with a head that does not move."""
    spec = next(s for s in perfusion_demo_patients() if s.name.endswith(f"_{name}"))
    protocol = replace(spec.protocol, frames=PERFUSION_FRAMES[name])
    given = {"slab": spec.slab | PERFUSION_SLABS[name], "protocol": protocol, "motion": None}
    return replace(spec, **given | changes)
