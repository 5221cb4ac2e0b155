"""Every DICOM, SNOMED CT and UCUM code used, once."""

from typing import NamedTuple


class Code(NamedTuple):
    """A coded concept: value, coding scheme designator, meaning."""

    value: str
    scheme: str
    meaning: str


PRIVATE_SCHEME = "99STROKEBM"

VOLUME = Code("118565006", "SCT", "Volume")
ADC = Code("113041", "DCM", "Apparent Diffusion Coefficient")
INFARCT = Code("55641003", "SCT", "Infarct")
MORPHOLOGICALLY_ALTERED = Code("49755003", "SCT", "Morphologically Altered Structure")
BRAIN = Code("12738006", "SCT", "Brain")
ANATOMICAL_STRUCTURE = Code("123037004", "SCT", "Anatomical Structure")
TISSUE = Code("85756007", "SCT", "Tissue")

MEAN = Code("373098007", "SCT", "Mean")
MEDIAN = Code("373099004", "SCT", "Median")
STANDARD_DEVIATION = Code("386136009", "SCT", "Standard Deviation")
MINIMUM = Code("255605001", "SCT", "Minimum")
SEGMENTED_VOXELS = Code("126030", "DCM", "Sum of segmented voxel volumes")

LEFT = Code("7771000", "SCT", "Left")
RIGHT = Code("24028007", "SCT", "Right")
BILATERAL = Code("51440002", "SCT", "Right and left")
LATERALITY = Code("272741003", "SCT", "Laterality")

MILLILITER = Code("ml", "UCUM", "milliliter")
SQUARE_MICROMETER_PER_SECOND = Code("um2/s", "UCUM", "square micrometer per second")
COUNT = Code("{lesions}", "UCUM", "lesions")

LESION_COUNT = Code("99SB002", PRIVATE_SCHEME, "Number of lesions")
