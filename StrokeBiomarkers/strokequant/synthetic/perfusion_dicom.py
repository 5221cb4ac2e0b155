"""Every vendor's perfusion files by name, and BIDS."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from .perfusion_bids import write_perfusion_bids
from .vendors import perfusion_ct, perfusion_mr
from .vendors.common import Options, Study
from .vendors.dynamic import DynamicScan

BIDS = "bids"
DSC_VARIANTS: dict[str, Callable[..., list[Path]]] = {
    "ge_dsc": perfusion_mr.write_ge,
    "philips_dsc": perfusion_mr.write_philips_classic,
    "philips_dsc_enhanced": perfusion_mr.write_philips_enhanced,
    "philips_dsc_enhanced_datetime": partial(perfusion_mr.write_philips_enhanced, times="datetime"),
    "siemens_dsc": perfusion_mr.write_siemens,
    "siemens_dsc_mosaic": perfusion_mr.write_siemens_mosaic,
    "siemens_xa_dsc": perfusion_mr.write_siemens_xa,
}
CTP_VARIANTS: dict[str, Callable[..., list[Path]]] = {
    "canon_ctp": perfusion_ct.write_canon,
    "enhanced_ctp": perfusion_ct.write_enhanced,
    "ge_ctp": perfusion_ct.write_ge,
    "philips_ctp": perfusion_ct.write_philips,
    "siemens_ctp": perfusion_ct.write_siemens,
}
PERFUSION_VARIANTS = DSC_VARIANTS | CTP_VARIANTS


def write_perfusion(
    variant: str, scan: DynamicScan, study: Study, folder: Path, options: Options = Options()
) -> list[Path]:
    """Write a scan as one vendor does.

    Args:
        variant: key of `PERFUSION_VARIANTS`, or "bids".
        scan: a `PerfusionPatient` or `DynamicScan` of the kind of the variant.
        study: identity, date and time; the scan starts 10 minutes after it.
        folder: gets the files.
        options: transfer syntax, order of files.

    Returns:
        Paths in order of acquisition.
    """
    if variant == BIDS:
        return write_perfusion_bids(scan, folder, f"{study.number:02d}")
    wanted = "dsc" if variant in DSC_VARIANTS else "ctp"
    if scan.protocol.kind != wanted:
        msg = f"{variant} writes {wanted}, not {scan.protocol.kind}"
        raise ValueError(msg)
    return PERFUSION_VARIANTS[variant](scan, study, folder, options)
