"""Measures of perfusion in the catalog: reference tissue, hypoperfusion, core, mismatch, collaterals, veins, reperfusion.

The id begins with the name of the mask that a measure belongs to.
"""

from .. import codes
from ..codes import Code
from .measure_type import Measure

_VOLUME = "sum over slices of area x extent along the slice normal"
_TMAX6 = "tissue with Tmax > 6 s"


def _tmax_volume(seconds: int, name: str, citation: str) -> Measure:
    return Measure(
        f"hypoperfusion_{seconds}s_volume",
        name,
        f"Brain with Tmax > {seconds} s, without CSF, artifact and vessels",
        _VOLUME,
        "ml",
        "mL",
        1,
        codes.VOLUME,
        citation=citation,
    )


def _low_flow_volume(percent: int, code: Code) -> Measure:
    return Measure(
        f"perfusion_core_rcbf_{percent}_volume",
        f"Volume with rCBF < {percent} %",
        f"CBF below {percent} % of the reference tissue, inside {_TMAX6}",
        _VOLUME,
        "ml",
        "mL",
        1,
        code,
        citation="thresholds as in commercial reports (unconfirmed)",
    )


def _low_volume_volume(percent: int, code: Code, citation: str) -> Measure:
    return Measure(
        f"hypoperfusion_6s_rcbv_{percent}_volume",
        f"Volume with rCBV < {percent} %",
        f"CBV below {percent} % of the reference tissue, inside {_TMAX6}",
        _VOLUME,
        "ml",
        "mL",
        1,
        code,
        citation=citation,
    )


_HYPOPERFUSION = (
    _tmax_volume(4, "Delayed tissue, Tmax > 4 s", "Olivot et al., Stroke 2009 (unconfirmed)"),
    _tmax_volume(
        6, "Hypoperfusion, Tmax > 6 s", "Lansberg et al., Lancet Neurol 2012;11:860; Albers et al., NEJM 2018;378:708"
    ),
    _tmax_volume(8, "Severe delay, Tmax > 8 s", "Mlynash et al., Stroke 2011;42:1270"),
    _tmax_volume(10, "Severe delay, Tmax > 10 s", "malignant above 100 mL (unconfirmed)"),
    Measure(
        "hypoperfusion_6s_intensity_ratio",
        "Hypoperfusion intensity ratio",
        "Share of the hypoperfused tissue with severe delay",
        "V(Tmax > 10 s) / V(Tmax > 6 s)",
        "{ratio}",
        "",
        2,
        codes.HYPOPERFUSION_INTENSITY_RATIO,
        citation="0.4 is the median of DEFUSE 2 (PMC4047639)",
    ),
    Measure(
        "hypoperfusion_6s_cbv_index",
        "CBV index",
        f"Blood volume of {_TMAX6} against the reference tissue; vessels left out",
        "mean CBV in Tmax > 6 s / CBV of the reference tissue",
        "{ratio}",
        "",
        2,
        codes.CBV_INDEX,
        citation="definition by secondary sources (unconfirmed)",
    ),
    Measure(
        "hypoperfusion_6s_tmax_mean",
        "Mean Tmax in hypoperfusion",
        f"Tmax over {_TMAX6}; vessels left out",
        "mean",
        "s",
        "s",
        1,
        codes.TMAX,
        codes.MEAN,
    ),
    Measure(
        "hypoperfusion_6s_tmax_median",
        "Median Tmax in hypoperfusion",
        f"Tmax over {_TMAX6}; vessels left out",
        "median",
        "s",
        "s",
        1,
        codes.TMAX,
        codes.MEDIAN,
    ),
    _low_volume_volume(34, codes.VOLUME_RCBV_34, "threshold unconfirmed"),
    _low_volume_volume(38, codes.VOLUME_RCBV_38, "threshold unconfirmed"),
    _low_volume_volume(42, codes.VOLUME_RCBV_42, "PMC10971151"),
    Measure(
        "hypoperfusion_6s_reperfusion",
        "Reperfusion",
        "Share of the hypoperfusion at baseline that is gone at follow-up; negative where it grew",
        "1 - V(Tmax > 6 s, follow-up) / V(Tmax > 6 s, baseline)",
        "{ratio}",
        "",
        2,
        codes.REPERFUSION_INDEX,
        citation="DEFUSE 2 > 50 %; EXTEND, DEFUSE 3 > 90 %",
    ),
)

_CORE = (
    Measure(
        "perfusion_core_volume",
        "Perfusion core, rCBF < 30 %",
        f"CBF below 30 % of the reference tissue, inside {_TMAX6}",
        _VOLUME,
        "ml",
        "mL",
        1,
        codes.VOLUME,
        citation="Albers et al., NEJM 2018;378:708",
    ),
    _low_flow_volume(20, codes.VOLUME_RCBF_20),
    _low_flow_volume(34, codes.VOLUME_RCBF_34),
    _low_flow_volume(38, codes.VOLUME_RCBF_38),
)

_MISMATCH = (
    Measure(
        "mismatch_volume",
        "Mismatch volume",
        "Hypoperfusion less core, as volumes",
        "V(Tmax > 6 s) - V(core)",
        "ml",
        "mL",
        1,
        codes.MISMATCH_VOLUME,
        citation="Albers et al., NEJM 2018;378:708",
    ),
    Measure(
        "mismatch_ratio",
        "Mismatch ratio",
        "Hypoperfusion over core; infinite where the core is 0",
        "V(Tmax > 6 s) / V(core)",
        "{ratio}",
        "",
        2,
        codes.MISMATCH_RATIO,
        citation="Albers et al., NEJM 2018;378:708",
    ),
    Measure(
        "mismatch_volume_coregistered",
        "Mismatch volume, voxel by voxel",
        "Hypoperfused tissue that is not core: the penumbra",
        "V(Tmax > 6 s and not core)",
        "ml",
        "mL",
        1,
        codes.VOLUME,
        citation="Ma et al., JNNP 2009: volumetric 9.3, co-registered 20.1 mL",
    ),
    Measure(
        "mismatch_core_volume",
        "Core in the mismatch",
        "Core that the mismatch was computed with; the method says which",
        _VOLUME,
        "ml",
        "mL",
        1,
        codes.VOLUME_CORE_USED,
    ),
)

_OTHERS = (
    Measure(
        "perfusion_collateral_index",
        "Perfusion collateral index",
        "Volume of tissue with an arrival delay (rTTP) of 2 to 6 s times its mean rCBV",
        "V(2 s <= rTTP <= 6 s) x mean rCBV",
        "ml",
        "mL",
        1,
        codes.COLLATERAL_INDEX,
        citation="PMC7410580, with rTTP for the arrival delay",
    ),
    Measure(
        "perfusion_venous_tmax",
        "Tmax of the venous output",
        "Tmax of the vein in use, where it is the superior sagittal sinus or the torcula; venous transit is prolonged from 10 s on",
        "place of the largest residue of the mean curve of the vein",
        "s",
        "s",
        1,
        codes.VENOUS_TMAX,
        citation="Amorim et al., JNIS 2024;16:343 (unconfirmed)",
    ),
    Measure(
        "reference_tissue_volume",
        "Reference tissue",
        "Tissue that relative maps are divided by; the method names it",
        _VOLUME,
        "ml",
        "mL",
        1,
        codes.VOLUME,
    ),
    Measure(
        "reference_tissue_cbf",
        "CBF of the reference tissue",
        "CBF by the definition of the reference; for ratios, no absolute flow",
        "mean or median",
        "ml/[100]g/min",
        "mL/100 g/min",
        1,
        codes.CBF,
    ),
    Measure(
        "reference_tissue_cbv",
        "CBV of the reference tissue",
        "CBV by the definition of the reference",
        "mean or median",
        "ml/[100]g",
        "mL/100 g",
        2,
        codes.CBV,
    ),
)

PERFUSION_MEASURES: tuple[Measure, ...] = (*_HYPOPERFUSION, *_CORE, *_MISMATCH, *_OTHERS)
