"""Phantom sessions with chosen numbers, for tests of what is judged, followed and carried on."""

from dataclasses import replace

from strokequant.phantom.registry_files import load_registry
from strokequant.phantom_types import PhantomMeasurement, PhantomSession, ScannerState
from strokequant.types import Equipment

SCANNER = ScannerState(
    Equipment("Siemens", "Skyra", "syngo MR XA30", "12345", 3.0), "MR", "HeadNeck_20", {"transmit_coil": "Body"}
)
CT_SCANNER = ScannerState(Equipment("GE", "Revolution", "21.1", "777", None), "CT")

HEALTHY = {
    ("adc_bias_percent", "V0"): (0.6, 0.5),
    ("adc_roi_sd_percent", "V0"): (1.1, None),
    ("adc_b_dependence_percent", "V0"): (0.5, None),
    ("adc_rc", "V0"): (4.0, None),
    ("adc_wcv_percent", "V0"): (0.13, None),
    ("snr_b0", "V0"): (120.0, None),
    ("adc_spatial_percent", ""): (1.5, None),
    ("adc_linearity_slope", ""): (1.003, 0.01),
    ("adc_linearity_r2", ""): (0.9998, None),
}
UNITS = {
    "adc_rc": "um2/s",
    "snr_b0": "1",
    "adc_linearity_slope": "1",
    "adc_linearity_r2": "1",
    "temperature_error": "Cel",
}


def measurement(metric, insert, value, uncertainty=None, **more):
    reference = 1109.0 if metric == "adc_bias_percent" else None
    unit = UNITS.get(metric, "%")
    return PhantomMeasurement(metric, value, unit, insert, uncertainty, reference=reference, **more)


def diffusion_session(changes=None, *, phantom="digital_diffusion_vials", **more):
    """A healthy session at 0 °C with some numbers changed; None leaves a number out."""
    numbers = HEALTHY | (changes or {})
    found = tuple(measurement(*key, *values) for key, values in numbers.items() if values is not None)
    facts = {"temperature_c": 0.0, "date": "2026-11-25"} | more
    return PhantomSession(load_registry()[phantom], facts.pop("scanner", SCANNER), facts.pop("date"), found, **facts)


def with_certificate(session, **fields):
    phantom = replace(session.phantom, certificate=replace(session.phantom.certificate, **fields))
    return replace(session, phantom=phantom)
