"""Every DICOM, SNOMED CT, LOINC, NCIt, RadLex and UCUM code used, once.

Meanings are those of the DICOM context groups (PS3.16) where the code is in one; a test compares every code with the dictionaries
of pydicom. `NOT_IN_DICOM` lists those that are in no public context group, with the reason.

SNOMED CT: the codes that DICOM uses are licensed for use in DICOM objects by agreement of SNOMED International. `INFARCT` is not
among them: where SNOMED CT is licensed (all member territories) it may be written; elsewhere the affiliate license is needed, or
`LESION` with the segment label "Infarct core" says the same in words.
"""

from typing import NamedTuple


class Code(NamedTuple):
    """A coded concept: value, coding scheme designator, meaning."""

    value: str
    scheme: str
    meaning: str


PRIVATE_SCHEME = "99STROKEBM"
PRIVATE_SCHEME_NAME = "StrokeBiomarkers"
PRIVATE_SCHEME_VERSION = "1"
PRIVATE_SCHEME_UID = "2.25.146471665072892746561919004103992367081"
"""UUID-derived (ISO/IEC 9834-8) and fixed: the same in every file."""

# findings
MORPHOLOGICALLY_ALTERED = Code("49755003", "SCT", "Morphologically Abnormal Structure")
FUNCTION = Code("246464006", "SCT", "Function")
ANATOMICAL_STRUCTURE = Code("123037004", "SCT", "Anatomical Structure")
TISSUE = Code("85756007", "SCT", "Tissue")
INFARCT = Code("55641003", "SCT", "Infarct")
LESION = Code("52988006", "SCT", "Lesion")
LESION_OF_BRAIN = Code("301766008", "SCT", "Lesion of Brain")
PERFUSION = Code("371863001", "SCT", "Perfusion")
HEMORRHAGE = Code("50960005", "SCT", "Hemorrhage")
HEMATOMA = Code("35566002", "SCT", "Hematoma")
EDEMA = Code("79654002", "SCT", "Edema")
PENUMBRA = Code("99SB001", PRIVATE_SCHEME, "Ischemic penumbra")

# structures and sides
BRAIN = Code("12738006", "SCT", "Brain")
BRAIN_VENTRICLE = Code("35764002", "SCT", "Brain ventricle")
CRANIAL_SUBARACHNOID_SPACE = Code("33930006", "SCT", "Cranial Subarachnoid Space")
SUBDURAL_SPACE = Code("99SB114", PRIVATE_SCHEME, "Cranial subdural space")
EPIDURAL_SPACE = Code("99SB115", PRIVATE_SCHEME, "Cranial epidural space")
BLOOD_VESSEL = Code("59820001", "SCT", "Blood Vessel")
BODY_SUBSTANCE = Code("91720002", "SCT", "Body Substance")
CEREBROSPINAL_FLUID = Code("65216001", "SCT", "Cerebrospinal Fluid")
SKULL = Code("89546000", "SCT", "Skull")
LEFT = Code("7771000", "SCT", "Left")
RIGHT = Code("24028007", "SCT", "Right")
BILATERAL = Code("51440002", "SCT", "Bilateral")

# quantities
VOLUME = Code("118565006", "SCT", "Volume")
ADC = Code("113041", "DCM", "Apparent Diffusion Coefficient")
ATTENUATION = Code("112031", "DCM", "Attenuation Coefficient")
TMAX = Code("113084", "DCM", "Tmax")
MEAN_TRANSIT_TIME = Code("113052", "DCM", "Mean Transit Time")
TIME_TO_PEAK = Code("113069", "DCM", "Time To Peak")
CBF = Code("126390", "DCM", "Absolute Regional Blood Flow")
CBF_RELATIVE = Code("126397", "DCM", "Relative Regional Blood Flow")
CBV = Code("126391", "DCM", "Absolute Regional Blood Volume")
CBV_RELATIVE = Code("126398", "DCM", "Relative Regional Blood Volume")
LESION_COUNT = Code("99SB002", PRIVATE_SCHEME, "Number of lesions")
VOLUME_SPLINE = Code("99SB003", PRIVATE_SCHEME, "Volume, spline check")
VOLUME_LEFT = Code("99SB004", PRIVATE_SCHEME, "Volume, left of the midline")
VOLUME_RIGHT = Code("99SB005", PRIVATE_SCHEME, "Volume, right of the midline")
MISMATCH_RATIO = Code("99SB010", PRIVATE_SCHEME, "Mismatch ratio")
MISMATCH_VOLUME = Code("99SB011", PRIVATE_SCHEME, "Mismatch volume")
ABSOLUTE_GROWTH = Code("99SB012", PRIVATE_SCHEME, "Absolute growth")
RELATIVE_GROWTH = Code("99SB013", PRIVATE_SCHEME, "Relative growth")
REPERFUSION_INDEX = Code("99SB014", PRIVATE_SCHEME, "Reperfusion index")
HYPOPERFUSION_INTENSITY_RATIO = Code("99SB015", PRIVATE_SCHEME, "Hypoperfusion intensity ratio")
CBV_INDEX = Code("99SB016", PRIVATE_SCHEME, "Blood volume index of hypoperfused tissue")
COLLATERAL_INDEX = Code("99SB017", PRIVATE_SCHEME, "Perfusion collateral index")
LOG_GROWTH = Code("99SB080", PRIVATE_SCHEME, "Logarithm of relative growth")
PERCENT_GROWTH = Code("99SB081", PRIVATE_SCHEME, "Growth in percent")
INTRAVENTRICULAR_GROWTH = Code("99SB082", PRIVATE_SCHEME, "Absolute growth of intraventricular hemorrhage")
TOTAL_GROWTH = Code("99SB083", PRIVATE_SCHEME, "Absolute growth of intracerebral and intraventricular hemorrhage")
TOTAL_PERCENT_GROWTH = Code("99SB084", PRIVATE_SCHEME, "Growth in percent of both hemorrhages")
TOTAL_LOG_GROWTH = Code("99SB085", PRIVATE_SCHEME, "Logarithm of relative growth of both hemorrhages")
CLOT_SHARE = Code("99SB086", PRIVATE_SCHEME, "Share of clot in the infarct")
EDEMA_CORRECTED_VOLUME = Code("99SB087", PRIVATE_SCHEME, "Volume, corrected for edema")
NET_WATER_UPTAKE = Code("99SB088", PRIVATE_SCHEME, "Net water uptake")
GROWTH_RATE = Code("99SB089", PRIVATE_SCHEME, "Volume per hour since onset")
VOLUME_CORE_USED = Code("99SB018", PRIVATE_SCHEME, "Volume of the core in the mismatch")
VENOUS_TMAX = Code("99SB019", PRIVATE_SCHEME, "Tmax of the venous output")
VOLUME_HALF_MAXIMUM = Code("99SB100", PRIVATE_SCHEME, "Volume at half maximum")
VOLUME_FIXED_WINDOW = Code("99SB101", PRIVATE_SCHEME, "Volume within a fixed window of CT numbers")
VOLUME_ABC2_KOTHARI = Code("99SB102", PRIVATE_SCHEME, "Volume by ABC/2, weighted slices")
VOLUME_ABC2_PLAIN = Code("99SB103", PRIVATE_SCHEME, "Volume by ABC/2, all slices")
VOLUME_ABC2_CHORD = Code("99SB104", PRIVATE_SCHEME, "Volume by ABC/2, weighted slices, B as chord")
LOW_DENSITY_SHARE = Code("99SB105", PRIVATE_SCHEME, "Share of low density in the hematoma")
IRREGULARITY = Code("99SB106", PRIVATE_SCHEME, "Hematoma irregularity index")
TOTAL_HEMORRHAGE_VOLUME = Code("99SB107", PRIVATE_SCHEME, "Volume of intracerebral and intraventricular hemorrhage")
RELATIVE_EDEMA = Code("99SB108", PRIVATE_SCHEME, "Relative perihematomal edema")
EDEMA_EXTENSION = Code("99SB109", PRIVATE_SCHEME, "Edema extension distance")
MODIFIED_GRAEB = Code("99SB110", PRIVATE_SCHEME, "Modified Graeb score")
IVH_SCORE = Code("99SB111", PRIVATE_SCHEME, "IVH score")
IVH_SCORE_VOLUME = Code("99SB112", PRIVATE_SCHEME, "Volume by IVH score")
MIDLINE_SHIFT = Code("99SB113", PRIVATE_SCHEME, "Midline shift")
VOLUME_RCBF_20 = Code("99SB050", PRIVATE_SCHEME, "Volume with rCBF < 0.20")
VOLUME_RCBF_34 = Code("99SB051", PRIVATE_SCHEME, "Volume with rCBF < 0.34")
VOLUME_RCBF_38 = Code("99SB052", PRIVATE_SCHEME, "Volume with rCBF < 0.38")
VOLUME_RCBV_34 = Code("99SB053", PRIVATE_SCHEME, "Volume with rCBV < 0.34")
VOLUME_RCBV_38 = Code("99SB054", PRIVATE_SCHEME, "Volume with rCBV < 0.38")
VOLUME_RCBV_42 = Code("99SB055", PRIVATE_SCHEME, "Volume with rCBV < 0.42")

# derivations and methods
MEAN = Code("373098007", "SCT", "Mean")
MEDIAN = Code("373099004", "SCT", "Median")
STANDARD_DEVIATION = Code("386136009", "SCT", "Standard Deviation")
MINIMUM = Code("255605001", "SCT", "Minimum")
SEGMENTED_VOXELS = Code("126030", "DCM", "Sum of segmented voxel method for volume")
ELLIPSOID = Code("126029", "DCM", "LWH method for volume of ellipsoid")
SEGMENTATION_DERIVATION = Code("113076", "DCM", "Segmentation")
CALCULATION = Code("112187", "DCM", "Unspecified method of calculation")
SOURCE_OF_PROCESSING = Code("121322", "DCM", "Source image for image processing operation")
MEASUREMENT_METHOD = Code("370129005", "SCT", "Measurement Method")
AIF_MANUAL = Code("126362", "DCM", "User-defined AIF ROI")
AIF_AUTOMATIC = Code("126363", "DCM", "Automatically Detected AIF ROI")
SVD_DECONVOLUTION = Code("126311", "DCM", "Singular Value Decomposition (SVD) deconvolution")
CT_PERFUSION_TECHNIQUE = Code("126301", "DCM", "Perfusion analysis by IV Iodinated Contrast CT technique")
DSC_TECHNIQUE = Code("126303", "DCM", "Perfusion analysis by Susceptibility MR technique")
MULTISPECTRAL_PROCESSING = Code("123108", "DCM", "Multispectral Processing")

# units
MILLILITER = Code("ml", "UCUM", "milliliter")
SQUARE_MICROMETER_PER_SECOND = Code("um2/s", "UCUM", "um2/s")
SECOND = Code("s", "UCUM", "second")
HOUNSFIELD = Code("[hnsf'U]", "UCUM", "Hounsfield unit")
MILLILITER_PER_HOUR = Code("ml/h", "UCUM", "milliliter per hour")
MILLILITER_PER_100_GRAM_PER_MINUTE = Code("ml/[100]g/min", "UCUM", "milliliter per 100 gram per minute")
MILLILITER_PER_100_GRAM = Code("ml/[100]g", "UCUM", "milliliter per 100 gram")
MILLILITER_PER_100_MILLILITER = Code("ml/[100]ml", "UCUM", "milliliter per 100 milliliter")
RATIO = Code("{ratio}", "UCUM", "ratio")
PERCENT = Code("%", "UCUM", "Percent")
NO_UNITS = Code("1", "UCUM", "no units")
MILLIMETER = Code("mm", "UCUM", "mm")
POINTS = Code("{score}", "UCUM", "score")
COUNT = Code("{lesions}", "UCUM", "lesions")

# why there is no number (CID 42)
DIVIDE_BY_ZERO = Code("114003", "DCM", "Divide by zero")
NOT_ATTEMPTED = Code("114007", "DCM", "Measurement not attempted")
INDETERMINATE = Code("114011", "DCM", "Value indeterminate")

# people, devices, report
PERSON = Code("121006", "DCM", "Person")
DEVICE = Code("121007", "DCM", "Device")
READER = Code("C28747", "NCIt", "Reader")
ADJUDICATOR = Code("C96561", "NCIt", "Adjudicator")
REVIEWER = Code("C54634", "NCIt", "Reviewer")
ELIGIBILITY_READER = Code("129001", "DCM", "Eligibility Reader")
MEASUREMENT_REPORT = Code("126000", "DCM", "Imaging Measurement Report")
COMMENT = Code("121106", "DCM", "Comment")
DERIVATION = Code("121401", "DCM", "Derivation")
MRI = Code("25056-3", "LN", "MRI unspecified body region")
CT = Code("25045-6", "LN", "CT unspecified body region")
CT_PERFUSION_HEAD = Code("39142-5", "LN", "CT perfusion head with contrast IV")

# image quality (CID 7036) and phantoms
IMAGE_QUALITY = Code("111101", "DCM", "Image Quality")
DIAGNOSTIC_QUALITY = Code("RID12", "RADLEX", "Diagnostic quality")
LIMITED_QUALITY = Code("RID13", "RADLEX", "Limited quality")
NON_DIAGNOSTIC_QUALITY = Code("RID14", "RADLEX", "Non-diagnostic quality")
PHANTOM = Code("706342009", "SCT", "Phantom")
ACR_CT_PHANTOM = Code("113682", "DCM", "ACR Accreditation Phantom - CT")
ACR_MR_PHANTOM = Code("113683", "DCM", "ACR Accreditation Phantom - MR")

_UNITS = (
    MILLILITER,
    SQUARE_MICROMETER_PER_SECOND,
    SECOND,
    HOUNSFIELD,
    MILLILITER_PER_HOUR,
    MILLILITER_PER_100_GRAM_PER_MINUTE,
    MILLILITER_PER_100_GRAM,
    MILLILITER_PER_100_MILLILITER,
    RATIO,
    PERCENT,
    NO_UNITS,
    COUNT,
    MILLIMETER,
    POINTS,
)
UNITS: dict[str, Code] = {unit.value: unit for unit in _UNITS}
"""Unit code by its UCUM text."""

NOT_IN_DICOM: dict[Code, str] = {
    INFARCT: "SNOMED CT concept in no DICOM context group; see the license note of this file",
    ANATOMICAL_STRUCTURE: "value and words of the terminology that Slicer ships; CID 7150 moved to 91723000",
    MILLILITER: "UCUM unit in no DICOM context group of units; cm3 is, and is the same volume",
    COUNT: "UCUM annotation: a count has no unit, the annotation says what is counted",
    PENUMBRA: "no public code was found",
    SUBDURAL_SPACE: "in no public context group; DICOM has the subarachnoid space alone",
    EPIDURAL_SPACE: "in no public context group; DICOM has the subarachnoid space alone",
    LESION_COUNT: "no public code was found for a number of lesions in a segment",
    VOLUME_SPLINE: "a second Volume in one group is taken for the volume by readers that drop the method",
    VOLUME_LEFT: "a second Volume in one group is taken for the volume by readers that drop the site",
    VOLUME_RIGHT: "a second Volume in one group is taken for the volume by readers that drop the site",
    MISMATCH_RATIO: "no public code; DCM 113288 Volume Ratio is a diffusion anisotropy index",
    MISMATCH_VOLUME: "no public code was found",
    ABSOLUTE_GROWTH: "no public code was found",
    RELATIVE_GROWTH: "no public code was found",
    REPERFUSION_INDEX: "no public code was found",
    HYPOPERFUSION_INTENSITY_RATIO: "no public code was found",
    CBV_INDEX: "no public code was found",
    COLLATERAL_INDEX: "no public code was found",
    VENOUS_TMAX: "Tmax of a vein; a plain Tmax in the group of the brain would be taken for that of the brain",
    LOG_GROWTH: "no public code was found",
    PERCENT_GROWTH: "no public code was found",
    INTRAVENTRICULAR_GROWTH: "no public code was found",
    TOTAL_GROWTH: "no public code was found",
    TOTAL_PERCENT_GROWTH: "no public code was found",
    TOTAL_LOG_GROWTH: "no public code was found",
    CLOT_SHARE: "no public code was found",
    EDEMA_CORRECTED_VOLUME: "no public code was found",
    NET_WATER_UPTAKE: "no public code was found",
    GROWTH_RATE: "no public code was found",
    MILLILITER_PER_HOUR: "UCUM unit in no DICOM context group of units",
    VOLUME_CORE_USED: "a second Volume in one group is taken for the volume of the segment",
    VOLUME_RCBF_20: "a second Volume in one group is taken for the volume by readers that drop the threshold",
    VOLUME_RCBF_34: "a second Volume in one group is taken for the volume by readers that drop the threshold",
    VOLUME_RCBF_38: "a second Volume in one group is taken for the volume by readers that drop the threshold",
    VOLUME_RCBV_34: "a second Volume in one group is taken for the volume by readers that drop the threshold",
    VOLUME_RCBV_38: "a second Volume in one group is taken for the volume by readers that drop the threshold",
    VOLUME_RCBV_42: "a second Volume in one group is taken for the volume by readers that drop the threshold",
    VOLUME_HALF_MAXIMUM: "a second Volume in one group is taken for the volume by readers that drop the method",
    VOLUME_FIXED_WINDOW: "a second Volume in one group is taken for the volume by readers that drop the method",
    VOLUME_ABC2_KOTHARI: "a second Volume in one group is taken for the volume by readers that drop the method",
    VOLUME_ABC2_PLAIN: "a second Volume in one group is taken for the volume by readers that drop the method",
    VOLUME_ABC2_CHORD: "a second Volume in one group is taken for the volume by readers that drop the method",
    LOW_DENSITY_SHARE: "no public code was found",
    IRREGULARITY: "no public code was found",
    TOTAL_HEMORRHAGE_VOLUME: "a sum of two segments, no Volume of one",
    RELATIVE_EDEMA: "no public code was found",
    EDEMA_EXTENSION: "no public code was found",
    MODIFIED_GRAEB: "no public code was found",
    IVH_SCORE: "no public code was found",
    IVH_SCORE_VOLUME: "a second Volume in one group is taken for the volume by readers that drop the method",
    MIDLINE_SHIFT: "no public code was found",
    POINTS: "UCUM annotation: a score has no unit, the annotation says what is counted",
    MILLILITER_PER_100_GRAM: "UCUM unit in no DICOM context group of units; blood volume is measured by mass of tissue",
}
