"""What the numbers of a node mean: quantity and unit as coded entries that Slicer shows and keeps."""

import slicer

from strokequant import codes
from strokequant.errors import Issue, Level, UnitError
from strokequant.record.dicom_map import QUANTITIES

_CODES = {name: code for name, (_, code) in QUANTITIES.items()} | {"attenuation": codes.ATTENUATION}
_NAMES = {(code.scheme, code.value): name for name, code in _CODES.items()}


def writeMeaning(volumeNode, quantity: str, unit: str) -> None:
    """Set quantity and unit of the voxels, each where it has a code.

    Args:
        volumeNode: vtkMRMLScalarVolumeNode.
        quantity: name in the library, such as "adc"; plain signal has no code.
        unit: UCUM.
    """
    if quantity in _CODES:
        volumeNode.SetVoxelValueQuantity(codedEntry(_CODES[quantity]))
    volumeNode.SetVoxelValueUnits(codedEntry(codes.UNITS.get(unit, codes.Code(unit, "UCUM", unit))))


def codedEntry(code: codes.Code):
    """Code as vtkCodedEntry."""
    entry = slicer.vtkCodedEntry()
    entry.SetValueSchemeMeaning(code.value, code.scheme, code.meaning)
    return entry


def nodeUnit(volumeNode) -> str:
    """UCUM unit that a node states, empty where it states none."""
    units = volumeNode.GetVoxelValueUnits()
    return units.GetCodeValue() if units and units.GetCodingSchemeDesignator() == "UCUM" else ""


def nodeQuantity(volumeNode) -> str:
    """Name of the quantity that a node states, empty where it states none or an unknown one."""
    quantity = volumeNode.GetVoxelValueQuantity()
    if not quantity:
        return ""
    return _NAMES.get((quantity.GetCodingSchemeDesignator(), quantity.GetCodeValue()), "")


def unknownUnit(volumeNode) -> UnitError:
    """The question for a volume that says nothing about its unit."""
    remedy = "load it from DICOM, or say which unit it is in"
    return UnitError(Issue("U03", Level.ASK, "no unit stated", "a unit", remedy, volumeNode.GetName()))
