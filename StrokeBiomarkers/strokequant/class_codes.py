"""Codes of classes that readers give: bleeding after an infarct, and vessel status. No public context group has them."""

from collections.abc import Mapping

from .codes import PRIVATE_SCHEME, Code

HEIDELBERG = Code("99SB020", PRIVATE_SCHEME, "Heidelberg bleeding class")
ECASS = Code("99SB060", PRIVATE_SCHEME, "ECASS bleeding class")
NO_BLEEDING = Code("99SB070", PRIVATE_SCHEME, "No hemorrhagic transformation")


def _values(first: int, words: str, names: tuple[str, ...]) -> dict[str, Code]:
    return {name: Code(f"99SB{first + n:03d}", PRIVATE_SCHEME, f"{words} {name}") for n, name in enumerate(names)}


HEIDELBERG_CLASSES: Mapping[str, Code] = _values(
    21, "Heidelberg class", ("1a", "1b", "1c", "2", "3a", "3b", "3c", "3d")
)
ECASS_CLASSES: Mapping[str, Code] = _values(61, "ECASS class", ("HI1", "HI2", "PH1", "PH2", "rPH1", "rPH2"))
VESSEL_SCALES: Mapping[str, Code] = {
    "AOL": Code("99SB030", PRIVATE_SCHEME, "AOL grade"),
    "eTICI": Code("99SB031", PRIVATE_SCHEME, "eTICI grade"),
    "TIMI": Code("99SB032", PRIVATE_SCHEME, "TIMI grade"),
    "mTICI": Code("99SB033", PRIVATE_SCHEME, "mTICI grade"),
    "TICI": Code("99SB034", PRIVATE_SCHEME, "TICI grade"),
}
VESSEL_GRADES: Mapping[str, Code] = _values(130, "Grade", ("0", "1", "2", "3", "2a", "2b", "2b50", "2b67", "2c"))
CLASS_CODES = (
    HEIDELBERG,
    ECASS,
    NO_BLEEDING,
    *HEIDELBERG_CLASSES.values(),
    *ECASS_CLASSES.values(),
    *VESSEL_SCALES.values(),
    *VESSEL_GRADES.values(),
)
