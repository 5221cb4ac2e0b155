"""A case from images that are in the scene: by their DICOM files where they have some, else by what the reader states.

An image without DICOM origin says nothing about b values, units and times. They are asked for; nothing is measured before the answer.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from strokequant.batch.discover import CaseInput, discover_cases
from strokequant.dicomio.nifti import nifti_case, nifti_series
from strokequant.errors import InputError, Issue, Level
from strokequant.record.images import nifti_bytes
from strokequant.types import Role, Series

from .dicomdatabase import filesOfNode, filesOfSeries, isFromDicom, readSeries
from .frames import framesOf
from .grid import nodeGeometry, requireNoForeignTransform
from .recordnode import linkedNode, linkNode
from .volumes import nodeValues

NAME = "images"
SOURCE = "StrokeBiomarkers.source."
"""Node references from a reading to the images that it was measured on."""

ANSWERS = "StrokeBiomarkers.Answers"


class Answers(NamedTuple):
    """What a reader states about images without DICOM origin.

    Args:
        bValue: of the DWI, s/mm2; None is no answer.
        adcUnit: unit of the ADC map as the command takes it; empty is no answer.
        kind: of the perfusion images, "dsc" or "ctp"; empty is no answer.
    """

    bValue: float | None = None
    adcUnit: str = ""
    kind: str = ""


class Images(NamedTuple):
    """Nodes by part; None where there is none.

    Args:
        dwi, b0, adc: volume nodes.
        perfusion: sequence node, the volume that shows it, a volume with one value a frame, or any image of a DICOM series.
        ncct: volume node in Hounsfield units; that it is a CT is checked by what air reads.
    """

    dwi: Any = None
    b0: Any = None
    adc: Any = None
    perfusion: Any = None
    ncct: Any = None

    def chosen(self) -> list:
        """Nodes that were chosen, each once."""
        return list(dict.fromkeys(node for node in self if node is not None))


def keepImages(reading, chosen: tuple[Images, Answers] | None) -> None:
    """Say on a reading which images of the scene it was measured on, and what was answered about them; None for a folder."""
    if chosen is None:
        return
    images, answers = chosen
    for part, node in images._asdict().items():
        linkNode(reading, SOURCE + part, node)
    reading.SetAttribute(ANSWERS, json.dumps(answers._asdict()))


def imagesOf(reading) -> tuple[Images, Answers] | None:
    """What `keepImages` said; None for a reading of a folder."""
    answers = reading.GetAttribute(ANSWERS)
    if answers is None:
        return None
    return Images(*(linkedNode(reading, SOURCE + part) for part in Images._fields)), Answers(**json.loads(answers))


def questionsOf(images: Images, answers: Answers) -> tuple[Issue, ...]:
    """What has to be answered before images without DICOM origin may be measured; times and echo time are asked for later."""
    foreign = [part for part, node in images._asdict().items() if node is not None and not isFromDicom(node)]
    asked = []
    if "dwi" in foreign and answers.bValue is None:
        asked.append(_question("B01", "no b value", "the b value in s/mm2", images.dwi))
    if "adc" in foreign and not answers.adcUnit:
        asked.append(_question("U02", "no unit", "the unit of the ADC map", images.adc))
    if "perfusion" in foreign and not answers.kind:
        expected = "DSC signal, or CT perfusion in Hounsfield units"
        asked.append(_question("U03", "images that do not say what they hold", expected, images.perfusion))
    if foreign and len(foreign) < len([node for node in images if node is not None]):
        found = "images from DICOM and images from elsewhere"
        asked.append(_question("I03", found, "images of one origin", getattr(images, foreign[0])))
    return tuple(asked)


def caseOfImages(images: Images, answers: Answers, database: Any, folder: Path) -> tuple[CaseInput, ...]:
    """Cases of chosen images; images of two patients give a case that is refused.

    Args:
        images: at least one.
        answers: for images without DICOM origin.
        database: `slicer.dicomDatabase`, or anything with its methods.
        folder: for copies of images without DICOM origin; must outlive the measurement.

    Raises:
        InputError: the questions that are open, or I09 for files that are gone.
        GeometryError: G20 for an image that a transform moves.
    """
    nodes = images.chosen()
    if not nodes:
        raise InputError(Issue("I02", Level.ASK, "no image chosen", "an image of the scene", "choose images"))
    questions = questionsOf(images, answers)
    if questions:
        raise InputError(*questions)
    if isFromDicom(nodes[0]):
        return casesOfFiles(_wholeSeries(nodes, database))
    return (_named(CaseInput(NAME, "tp1", _ofFiles(images, answers, folder))),)


def casesOfFiles(
    files: Sequence[Path], progress: Callable[[int, int, str], None] | None = None
) -> tuple[CaseInput, ...]:
    """Cases of DICOM files that may lie in any folder; files of two patients give a case that is refused.

    Args:
        files: of one study, or of the series of images.
        progress: as of `scan`.

    Raises:
        InputError: I02 where none of them is an image.
    """
    series = readSeries(files, progress)
    patients = {one.patient_key for one in series}
    if len(patients) > 1:
        remedy = "choose images of one patient"
        issue = Issue("I03", Level.STOP, f"images of {len(patients)} patients", "one patient", remedy)
        return (CaseInput(NAME, "tp1", tuple(series), (issue,)),)
    return tuple(_named(case) for case in discover_cases(Path(NAME), series))


def _named(case: CaseInput) -> CaseInput:
    """The case under a name that no other patient or study has in one output folder, and that says nothing about them."""
    first = case.series[0]
    if first.kind != "dicom":
        return replace(case, case=f"{NAME}-{_short(*(one.series_uid for one in case.series))}")
    name = f"{NAME}-{_short(first.patient_key or first.study_uid)}"
    return replace(case, case=name, timepoint=f"study-{_short(first.study_uid)}")


def _short(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:8]


def _wholeSeries(nodes: Sequence, database) -> tuple[Path, ...]:
    """Files of every series that an image is from: an image is often one b value, one direction or one frame of many."""
    import pydicom

    found = {}
    for node in nodes:
        files = filesOfNode(node, database)
        uid = str(pydicom.dcmread(files[0], specific_tags=["SeriesInstanceUID"]).SeriesInstanceUID)
        known = database.filesForSeries(uid) if database else ()
        found[uid] = filesOfSeries(uid, database, node.GetName()) if known else files
    return tuple(dict.fromkeys(path for files in found.values() for path in files))


def _ofFiles(images: Images, answers: Answers, folder: Path) -> tuple[Series, ...]:
    if images.ncct is not None:
        series = nifti_series(_file(images.ncct, folder / "ncct.nii.gz"), Role.NCCT, key="ncct")
        return (replace(series, modality="CT"),)
    still = images._replace(perfusion=None, ncct=None)._asdict()
    paths = {part: _file(node, folder / f"{part}.nii.gz") for part, node in still.items() if node}
    series = nifti_case(**paths, b_value=answers.bValue, adc_unit=answers.adcUnit or None) if paths else ()
    if images.perfusion is None:
        return series
    path = folder / "perfusion.nii"
    path.write_bytes(nifti_bytes(*framesOf(images.perfusion), packed=False))
    return (nifti_series(path, Role(answers.kind), key="perfusion"), *series)


def _file(node, path: Path) -> Path:
    requireNoForeignTransform(node)
    path.write_bytes(nifti_bytes(nodeValues(node).astype(np.float32), nodeGeometry(node)))
    return path


def _question(code: str, found: str, expected: str, node) -> Issue:
    remedy = "answer in the panel, or load the image from DICOM"
    return Issue(code, Level.ASK, found, expected, remedy, node.GetName())
