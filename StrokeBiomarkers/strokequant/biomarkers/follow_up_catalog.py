"""Measures of follow-up in the catalog: growth of hemorrhage, share of clot, final infarct and its growth, water uptake."""

from .. import codes
from ..codes import Code
from .measure_type import Measure

_VOLUME = "sum over slices of area x extent along the slice normal"
_EPITHET = "EPITHET, Lancet Neurol 2008;7:299"


def _growth_of(
    prefix: str, words: str, absolute: Code, percent: Code, logarithm: Code, citation: str
) -> tuple[Measure, ...]:
    return (
        Measure(
            f"{prefix}_growth_volume",
            f"Growth of {words}",
            f"Volume of {words} at follow-up against baseline",
            "V1 - V0",
            "ml",
            "mL",
            2,
            absolute,
            citation=citation,
        ),
        Measure(
            f"{prefix}_growth_percent",
            f"Growth of {words} in percent",
            f"Volume of {words} at follow-up against baseline; not defined at a baseline of 0",
            "100 (V1 - V0) / V0",
            "%",
            "%",
            1,
            percent,
            citation=citation,
        ),
        Measure(
            f"{prefix}_growth_log_ratio",
            f"Growth of {words}, logarithm of the ratio",
            f"Volume of {words} at follow-up against baseline; not defined where one of them is 0",
            "ln(V1 / V0)",
            "1",
            "",
            3,
            logarithm,
            citation=citation,
        ),
    )


_HEMORRHAGE = (
    *_growth_of(
        "ich",
        "the intracerebral hematoma",
        codes.ABSOLUTE_GROWTH,
        codes.PERCENT_GROWTH,
        codes.LOG_GROWTH,
        "percent change: rFVIIa, NEJM 2005",
    ),
    Measure(
        "ivh_growth_volume",
        "Growth of the intraventricular hemorrhage",
        "Volume of blood in the ventricles at follow-up against baseline",
        "V1 - V0",
        "ml",
        "mL",
        2,
        codes.INTRAVENTRICULAR_GROWTH,
        citation="Yogendrakumar et al., Stroke 2020",
    ),
    *_growth_of(
        "ich_ivh",
        "hematoma and ventricular blood",
        codes.TOTAL_GROWTH,
        codes.TOTAL_PERCENT_GROWTH,
        codes.TOTAL_LOG_GROWTH,
        "percent change: rFVIIa, NEJM 2005",
    ),
    Measure(
        "transformation_clot_share",
        "Share of clot in the infarct",
        "Volume of the hematoma over that of the infarct, which includes the hematoma",
        "100 V(clot) / V(infarct and clot)",
        "%",
        "%",
        1,
        codes.CLOT_SHARE,
        citation="von Kummer et al., Stroke 2015;46:2981",
    ),
)

_INFARCT = (
    Measure(
        "final_infarct_volume",
        "Final infarct volume",
        "Infarct at follow-up, without chronic lesions",
        _VOLUME,
        "ml",
        "mL",
        2,
        codes.VOLUME,
        citation=_EPITHET,
    ),
    Measure(
        "final_infarct_volume_corrected",
        "Final infarct volume, corrected for edema",
        "Infarct at follow-up without chronic lesions, less the swelling",
        "V - (CSF at baseline - CSF at follow-up), or V x contralateral / ipsilateral hemisphere",
        "ml",
        "mL",
        2,
        codes.EDEMA_CORRECTED_VOLUME,
        citation="CSF method of day 3 to 5 (JCBFM); hemisphere method (unconfirmed)",
    ),
    Measure(
        "infarct_growth_volume",
        "Growth of the infarct",
        "Final infarct volume against core volume at baseline",
        "V1 - V0",
        "ml",
        "mL",
        2,
        codes.ABSOLUTE_GROWTH,
        citation=_EPITHET,
    ),
    Measure(
        "infarct_growth_ratio",
        "Relative growth of the infarct",
        "Final infarct volume over core volume at baseline; not defined at a baseline of 0",
        "V1 / V0",
        "{ratio}",
        "",
        2,
        codes.RELATIVE_GROWTH,
        citation=_EPITHET,
    ),
    Measure(
        "infarct_growth_log_ratio",
        "Growth of the infarct, logarithm of the ratio",
        "Final infarct volume over core volume at baseline; not defined where one of them is 0",
        "ln(V1 / V0)",
        "1",
        "",
        3,
        codes.LOG_GROWTH,
        citation=_EPITHET,
    ),
    Measure(
        "infarct_growth_rate",
        "Growth rate of the infarct core",
        "Core volume at baseline over the time from onset to imaging",
        "V0 / (time of imaging - onset)",
        "ml/h",
        "mL/h",
        1,
        codes.GROWTH_RATE,
        citation="DEFUSE 2, PMC4047639",
    ),
    Measure(
        "net_water_uptake",
        "Net water uptake",
        "Mean CT density of the infarct against that of its mirror region, voxels of 20 to 80 HU",
        "100 (1 - D(infarct) / D(mirror))",
        "%",
        "%",
        1,
        codes.NET_WATER_UPTAKE,
        citation="Broocks et al. (unconfirmed)",
    ),
)

FOLLOW_UP_MEASURES = (*_HEMORRHAGE, *_INFARCT)
