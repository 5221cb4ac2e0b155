"""Small synthetic patients that are quick to write and to measure."""

from dataclasses import replace

from strokequant.synthetic.patients import demo_patients

SLAB = {"slices": 20, "rows": 72, "columns": 72, "pixel_mm": 3.2, "step_mm": 6.5}


def small(name):
    """The demo patient of this name (without its number) on a coarse grid."""
    spec = next(s for s in demo_patients() if s.name.endswith(f"_{name}"))
    return replace(spec, slab=spec.slab | SLAB)
