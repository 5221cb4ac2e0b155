"""What the catalog says about one measure."""

from dataclasses import dataclass

from ..codes import Code


@dataclass(frozen=True, slots=True)
class Measure:
    """One entry of the catalog.

    Args:
        id: stable id, used in files.
        name: words for a reader.
        definition: what is measured.
        formula: how, in one line.
        unit: UCUM code; `unit_text` is what people read.
        decimals: digits behind the point in tables and reports.
        code: DICOM or SNOMED concept; `derivation` says mean, median, ...
        citation: where definition and threshold come from.
    """

    id: str
    name: str
    definition: str
    formula: str
    unit: str
    unit_text: str
    decimals: int
    code: Code
    derivation: Code | None = None
    citation: str = ""
