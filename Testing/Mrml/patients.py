"""Small synthetic patients as DICOM folders."""

from pathlib import Path

from small_patients import small

from strokequant.synthetic.patients import write_patient


def patientFolder(parent: Path, name: str) -> Path:
    """Write the demo patient of this name on a coarse grid; return its folder."""
    spec = small(name)
    write_patient(spec, parent)
    return parent / spec.name
