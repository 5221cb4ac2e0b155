"""Meaning of a segment: terminology tag from the codes of the library, and the terminology that lists the choices."""

from pathlib import Path

import slicer

from strokequant import codes
from strokequant.codes import Code

CONTEXT = "Segmentation category and type - StrokeBiomarkers"
"""Name inside `StrokeBiomarkers.term.json`; a test compares it."""

REGIONS = "Anatomic codes - DICOM master list"
FILE = Path(__file__).resolve().parents[1] / "Resources" / "StrokeBiomarkers.term.json"
"""The terminology beside the module files, in the source tree and where it is installed."""


def terminologyTag(category: Code, kind: Code) -> str:
    """Serialized entry for `vtkSegment.SetTag`; the region is the brain, unless the segment is an anatomic structure itself."""
    entry = slicer.vtkSlicerTerminologyEntry()
    entry.SetTerminologyContextName(CONTEXT)
    _set(entry.GetCategoryObject(), category)
    _set(entry.GetTypeObject(), kind)
    if category != codes.ANATOMICAL_STRUCTURE:
        entry.SetRegionContextName(REGIONS)
        _set(entry.GetRegionObject(), codes.BRAIN)
    return slicer.vtkSlicerTerminologiesModuleLogic.SerializeTerminologyEntry(entry)


def loadTerminology() -> bool:
    """Offer the terminology in Slicer's selector; called once at start-up by a module."""
    return slicer.modules.terminologies.logic().LoadTerminologyFromFile(str(FILE)) == CONTEXT


def _set(coded, code: Code) -> None:
    coded.SetCodeValue(code.value)
    coded.SetCodingSchemeDesignator(code.scheme)
    coded.SetCodeMeaning(code.meaning)
