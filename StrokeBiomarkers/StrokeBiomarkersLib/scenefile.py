"""Scenes of measured infarct cores as files; needs a running scene, no window."""

import sys
import tempfile
from argparse import Namespace
from pathlib import Path

import slicer

from strokequant.batch.answers import with_b_values
from strokequant.batch.core_case import measure_core
from strokequant.batch.discover import discover_cases
from strokequant.dicomio.scan import scan
from strokequant.settings import Settings, load_settings
from strokequant.types import CaseRecord

from .case import caseToScene


def writeCaseScenes(options: Namespace, folder: Path) -> bool:
    """Measure the infarct cores of a command, with the same answers, and write each as a scene.

    Args:
        options: of `core INPUT` or `run INPUT`.
        folder: gets <case>_<timepoint>.mrb; made where it is not there.

    Returns:
        True where every core that was measured has its scene.
    """
    if options.command not in ("core", "run") or not options.input:
        print("strokequant: scenes go with 'core INPUT' and 'run INPUT'", file=sys.stderr)
        return False
    settings = load_settings(options.config) if options.config else Settings()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as workspace:
        found = scan(options.input, workspace=Path(workspace), exclude=(options.out, folder))
        cases = discover_cases(options.input, found.series, split_patients=getattr(options, "split_patients", False))
        if options.b_value:
            how = {"read_config": settings.read, "adc_config": settings.adc}
            cases = with_b_values(cases, dict(options.b_value), **how)
        records = (
            measure_core(case, settings=settings, chosen=options.series, skipped=found.skipped) for case in cases
        )
        written = [writeScene(record, folder) for record in records if record.core is not None]
        return all(written)


def writeScene(record: CaseRecord, folder: Path) -> bool:
    """Write one record as a scene, whole or not at all; clears the scene of the application."""
    slicer.mrmlScene.Clear()
    caseToScene(record)
    path = folder / f"{record.case}_{record.timepoint}.mrb"
    torn = folder / f"torn_{path.name}"
    written = bool(slicer.mrmlScene.WriteToMRB(str(torn), None))
    if written:
        torn.replace(path)
    else:
        torn.unlink(missing_ok=True)
        print(f"strokequant: STOP O01: the scene of {record.case} could not be written", file=sys.stderr)
    slicer.mrmlScene.Clear()
    return written
