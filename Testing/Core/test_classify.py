"""Roles: tags before words, every vendor's spelling of its maps, and "other" where the evidence is thin."""

import pytest

from strokequant.dicomio.classify import classify, frame_kind, phantom_patient, rising_times, sharp_kernel
from strokequant.dicomio.words import PATTERNS, plain, speaks_of
from strokequant.types import Directionality, Frame, Role

AXIAL = (1.0, 0, 0, 0, 1, 0)


def frames(n=10, repeats=1, *, times=True, spacing=(1.0, 1.0), b=None, **options):
    """n positions, each `repeats` times; b values of the repeats may be a list."""
    b = b if isinstance(b, list) else [b] * repeats
    return tuple(
        Frame(
            0, 0, f"1.{t}.{k}", position=(0.0, 0.0, 5.0 * k), orientation=AXIAL, pixel_spacing=spacing, b_value=b[t],
            b_tag="(0018,9087)" if b[t] is not None else "", times={"acquisition_time": t * 2.0} if times else {},
            **options,
        )
        for t in range(repeats)
        for k in range(n)
    )  # fmt: skip


def role(
    image_type="ORIGINAL\\PRIMARY\\OTHER", *, modality="MR", group=None, n=10, repeats=1, b=None, kind=None, **facts
):
    """Role and reasons of a series with these facts."""
    options = {"directionality": kind} if kind else {}
    group = group or frames(n, repeats, b=b, image_type=tuple(image_type.split("\\")), **options)
    facts = {"modality": modality, "photometric_interpretation": "MONOCHROME2", "columns": 256} | facts
    found, reasons = classify(group, facts)
    assert reasons and all(reasons)
    return found


ADC_MAPS = {
    "Siemens": {"image_type": "DERIVED\\PRIMARY\\DIFFUSION\\ADC\\ND\\NORM"},
    "Siemens split": {"image_type": "DERIVED\\SECONDARY\\DIFFUSION\\ADC\\DIS3D\\MFSPLIT"},
    "Philips": {"image_type": "ORIGINAL\\PRIMARY\\ADC_UNSPECIFIED\\ADC\\UNSPECIFIED", "description": "dADC"},
    "Philips enhanced": {"image_type": "DERIVED\\PRIMARY\\DIFFUSION\\ADC", "acquisition_contrast": "DIFFUSION"},
    "GE READY View": {
        "image_type": "DERIVED\\SECONDARY\\PROCESSED",
        "description": "Apparent Diffusion Coefficient (mm2/s)",
        "scanning_sequence": "EP\\SE",
    },
    "GE scanner": {"image_type": "DERIVED\\PRIMARY\\ADC", "description": "ADC (10^-6 mm2/s):Ax DWI"},
    "UIH": {"image_type": "DERIVED\\PRIMARY\\DIFFUSION\\ADC", "description": "epi_dwi_adc"},
    "Canon": {
        "image_type": "DERIVED\\SECONDARY\\OTHER",
        "description": "ADC map",
        "scanning_sequence": "EP",
    },
    "unit code": {"image_type": "DERIVED\\SECONDARY\\OTHER", "rwvm_units": "mm2/s"},
}


@pytest.mark.parametrize("vendor", sorted(ADC_MAPS))
def test_adc_maps(vendor):
    assert role(**ADC_MAPS[vendor]) == Role.ADC


NOT_ADC = {
    "exponential (Siemens)": {"image_type": "DERIVED\\PRIMARY\\DIFFUSION\\EXP"},
    "eADC (Philips)": {"image_type": "DERIVED\\PRIMARY\\EADC\\EADC\\UNSPECIFIED", "description": "eADC"},
    "exponential in words": {
        "image_type": "DERIVED\\SECONDARY\\PROCESSED",
        "description": "Exponential Apparent Diffusion Coefficient",
        "scanning_sequence": "EP",
    },
    "FA": {"image_type": "DERIVED\\PRIMARY\\DIFFUSION\\FA"},
    "FA in words": {"image_type": "DERIVED\\SECONDARY\\OTHER", "description": "Fractional Anisotropy", "scanning_sequence": "EP"},
    "calculated b": {"image_type": "DERIVED\\PRIMARY\\DIFFUSION\\CALC_BVALUE", "b": 1400.0},
    "calculated b in words": {"image_type": "DERIVED\\PRIMARY\\DIFFUSION\\TRACEW", "description": "ep2d_diff_calc_b1400", "b": 1400.0},
    "synthetic b": {"image_type": "DERIVED\\SECONDARY\\OTHER", "description": "Synthetic b1500", "b": 1500.0},
    "tensor b0": {"image_type": "DERIVED\\PRIMARY\\DIFFUSION\\TENSOR_B0", "acquisition_contrast": "DIFFUSION"},
    "color ADC": {"image_type": "DERIVED\\PRIMARY\\DIFFUSION\\ADC", "photometric_interpretation": "RGB", "samples_per_pixel": 3},
    "palette": {"image_type": "DERIVED\\PRIMARY\\ADC", "photometric_interpretation": "PALETTE COLOR"},
    "perfusion map": {"image_type": "DERIVED\\PRIMARY\\PERFUSION\\TMAX"},
    "perfusion map in words": {"image_type": "DERIVED\\SECONDARY", "description": "relCBF"},
    "projection": {"image_type": "DERIVED\\SECONDARY\\PROJECTION IMAGE", "description": "TOF MIP"},
    "screen": {"image_type": "DERIVED\\SECONDARY\\SCREEN SAVE"},
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(NOT_ADC))
def test_derived_images_are_neither_adc_nor_dwi(what):
    assert role(**NOT_ADC[what]) == Role.DERIVED


@pytest.mark.parametrize(
    "facts",
    [
        {"description": "ADC"},
        {"description": "Apparent Diffusion Coefficient (mm2/s)", "scanning_sequence": "EP"},
        {"description": "ADC", "image_type": "DERIVED\\SECONDARY\\OTHER"},
        {"description": "ADC", "image_type": "DERIVED\\SECONDARY\\OTHER", "scanning_sequence": "SE"},
        {"description": "DWI b1000"},
        {"description": "Diffusion", "scanning_sequence": "SE"},
        {"description": "Diffusion", "scanning_sequence": "EP"},
        {"image_type": "DERIVED\\PRIMARY\\DIFFUSION\\ADC", "repeats": 2},
        {"description": "FLAIR"},
        {"description": "FLAIR T1", "inversion_time_ms": 2200.0, "echo_time_ms": 10.0, "repetition_time_ms": 4000.0},
        {"description": "SWI", "scanning_sequence": "SE", "echo_time_ms": 80.0},
        {"description": "TOF"},
        {"modality": "PT", "description": "DWI"},
        {"modality": ""},
    ],
)
def test_words_alone_decide_nothing(facts):
    assert role(**facts) == Role.OTHER


DWI = {
    "Siemens mosaic": {"image_type": "ORIGINAL\\PRIMARY\\DIFFUSION\\NONE\\ND\\MOSAIC", "sequence_name": "*ep_b1000#3"},
    "Siemens trace": {"image_type": "DERIVED\\PRIMARY\\DIFFUSION\\TRACEW\\ND", "b": [0.0, 1000.0], "repeats": 2},
    "Philips": {"image_type": "ORIGINAL\\PRIMARY\\M_SE\\M\\SE", "b": [0.0, 1000.0], "repeats": 2},
    "Philips isotropic": {"image_type": "ORIGINAL\\PRIMARY\\DWI\\M\\SE", "kind": Directionality.ISOTROPIC, "description": "isoDWI"},
    "GE": {"b": [0.0, 1000.0], "repeats": 2, "scanning_sequence": "EP\\SE", "description": "Ax DWI 1000b"},
    "GE combined": {"image_type": "DERIVED\\PRIMARY\\COMB", "b": [0.0, 1000.0], "repeats": 2},
    "UIH": {"image_type": "ORIGINAL\\PRIMARY\\DIFFUSION", "b": [1.25, 929.75], "repeats": 2},
    "Canon": {"kind": Directionality.DIRECTIONAL, "acquisition_contrast": "DIFFUSION"},
    "without any words": {"b": 800.0},
}  # fmt: skip


@pytest.mark.parametrize("vendor", sorted(DWI))
def test_diffusion_weighted_images(vendor):
    assert role(**DWI[vendor]) == Role.DWI


def test_b0_alone_is_said():
    group = frames(b=0.0, image_type=("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"))
    found, reasons = classify(group, {"modality": "MR"})
    assert found == Role.DWI and "only b0 images" in reasons


def test_b_zero_in_every_series_of_philips_is_no_diffusion():
    """Philips writes b 0 into FLAIR and T1 images too."""
    facts = {"inversion_time_ms": 2800.0, "echo_time_ms": 140.0, "repetition_time_ms": 12000.0, "b": 0.0}
    assert role("ORIGINAL\\PRIMARY\\M_IR\\M\\IR", **facts) == Role.FLAIR
    assert role("ORIGINAL\\PRIMARY\\M_FFE\\M\\FFE", b=0.0, description="T1") == Role.OTHER


def test_a_diffusion_series_without_b_values_is_known_by_more_than_words():
    lacking = {"description": "Ax DWI", "scanning_sequence": "EP\\SE"}
    assert role(**lacking, repeats=4) == Role.DWI
    assert role(**lacking, repeats=1) == Role.OTHER


def test_misleading_words_lose_against_tags():
    assert role(b=[0.0, 1000.0], repeats=2, description="localizer FLAIR T1 angio") == Role.DWI
    facts = {"description": "ADC"}
    assert role("ORIGINAL\\PRIMARY\\DIFFUSION\\NONE", b=[0.0, 1000.0], repeats=2, **facts) == Role.DWI
    assert role("DERIVED\\PRIMARY\\DIFFUSION\\ADC", description="DWI b1000 trace") == Role.ADC


DYNAMIC = {"repeats": 40, "scanning_sequence": "EP\\GR", "echo_time_ms": 30.0}


def test_dsc():
    assert role(**DYNAMIC, contrast_agent="Gadovist") == Role.DSC
    assert role(**DYNAMIC, description="ep2d_perf") == Role.DSC
    assert role(**DYNAMIC, acquisition_contrast="PERFUSION") == Role.DSC
    assert role(**DYNAMIC) == Role.OTHER, "functional MRI looks the same but for the contrast agent"
    assert role(**DYNAMIC, description="BOLD rest", contrast_agent="Gadovist") == Role.OTHER
    assert role(**DYNAMIC, description="pCASL perfusion") == Role.OTHER
    assert role(**(DYNAMIC | {"repeats": 3}), contrast_agent="Gadovist") == Role.OTHER
    t1 = {"repeats": 40, "scanning_sequence": "GR", "echo_time_ms": 2.0}
    assert role(**t1, contrast_agent="Gadovist", description="dce") == Role.OTHER
    still = frames(4, 40, times=False)
    assert role(group=still, scanning_sequence="EP", echo_time_ms=30.0, contrast_agent="Gadovist") == Role.OTHER


DSC_SERIES = {
    "Siemens": {"description": "ep2d_perf_p2", "sequence_name": "*epfid2d1_128"},
    "Siemens tags": {"image_type": "ORIGINAL\\PRIMARY\\PERFUSION\\NONE\\ND\\NORM"},
    "GE": {"description": "Perfusion DSC", "pulse_sequence": "epi"},
    "Philips": {
        "description": "sDynPWI_p",
        "scanning_sequence": "GR",
        "echo_time_ms": 40.0,
        "contrast_agent": "Dotarem",
    },
    "Philips FE-EPI": {"description": "PWI FE-EPI", "scanning_sequence": "GR", "sequence_name": "FEEPI"},
    "Canon": {
        "description": "T2* FE EPI",
        "scanning_sequence": "RM",
        "sequence_name": "FE_EPI2D",
        "contrast_agent": "Gadovist",
    },
    "perf_dsc": {"description": "perf_dsc_tra"},
}


@pytest.mark.parametrize("name", sorted(DSC_SERIES))
def test_dsc_of_vendors(name):
    assert role(**({"repeats": 40, "scanning_sequence": "EP\\GR", "echo_time_ms": 30.0} | DSC_SERIES[name])) == Role.DSC


NOT_DSC = {
    "DCE": ({"description": "DCE perfusion", "contrast_agent": "Gadovist"}, "DCE"),
    "T1 dynamic": (
        {"scanning_sequence": "GR", "echo_time_ms": 2.0, "contrast_agent": "Gadovist", "description": "perf"},
        "DCE",
    ),
    "fMRI": ({"description": "ep2d_bold_moco", "contrast_agent": "Gadovist"}, "functional MRI"),
    "fMRI without words": ({"description": "ep2d_tra"}, "functional MRI"),
    "ASL": ({"description": "pCASL perfusion"}, "spin labeling"),
    "ASL tags": ({"image_type": "ORIGINAL\\PRIMARY\\ASL\\NONE", "description": "perfusion"}, "spin labeling"),
    "map": ({"image_type": "DERIVED\\PRIMARY\\PERFUSION\\TTP", "repeats": 1}, "perfusion map"),
    "map in words": ({"description": "ep2d_perf_RelCBF", "repeats": 1}, "relcbf"),
    "color": ({"description": "ep2d_perf_TTP", "samples_per_pixel": 3, "repeats": 1}, "color"),
}


@pytest.mark.parametrize("name", sorted(NOT_DSC))
def test_what_only_looks_like_dsc(name):
    facts, because = NOT_DSC[name]
    options = {"repeats": 40, "scanning_sequence": "EP\\GR", "echo_time_ms": 30.0} | facts
    assert role(**options) in (Role.OTHER, Role.DERIVED)
    group = frames(10, options.pop("repeats"), image_type=tuple(options.pop("image_type", "O\\P").split("\\")))
    reasons = classify(group, {"modality": "MR", "photometric_interpretation": "MONOCHROME2"} | options)[1]
    assert because.lower() in " ".join(reasons).lower()


def test_perfusion_without_times_keeps_its_role_so_that_they_are_asked_for():
    still = frames(4, 40, times=False)
    assert role(group=still, scanning_sequence="EP", echo_time_ms=30.0, description="ep2d_perf") == Role.DSC
    assert role(group=still, modality="CT", description="CT Perfusion") == Role.CTP
    assert role(group=still, modality="CT", contrast_agent="Ultravist") == Role.OTHER


CTP_NAMES = ["CT Perfusion", "VPCT 5.0 H20f", "CBP", "Neuro PCT", "JOG 8x5", "Shuttle Perfusion 4D", "Perfusion 4D", "Dynamic Volume",
             "Aquilion dynamic volume Perf", "TDC"]  # fmt: skip


@pytest.mark.parametrize("name", CTP_NAMES)
def test_ctp_of_vendors(name):
    found, reasons = classify(frames(8, 30), {"modality": "CT", "description": name})
    assert found == Role.CTP and any("description holds" in reason for reason in reasons)


NOT_CTP = {
    "RAPID Tmax": ({"description": "RAPID Tmax"}, 10, 1),
    "CBF map": ({"description": "VPCT CBF"}, 10, 1),
    "MTT map": ({"image_type": "DERIVED\\PRIMARY\\PERFUSION\\MTT"}, 10, 1),
    "color summary": ({"description": "RAPID Summary", "samples_per_pixel": 3}, 1, 1),
    "MIP": ({"description": "VPCT MIP"}, 10, 30),
    "Average": ({"description": "CT Perfusion Average"}, 10, 1),
    "tMIP": ({"description": "Perfusion 4D tMIP"}, 10, 1),
    "test bolus": ({"description": "TestBolus"}, 1, 20),
    "bolus tracking": ({"description": "Monitoring SmartPrep"}, 2, 20),
    "multiphase CTA": ({"description": "CTA multiphase"}, 100, 3),
    "CTA of 6 phases": ({"description": "CTA Dynamic head"}, 100, 6),
    "spectral": ({"description": "CTP Iodine"}, 10, 1),
}


@pytest.mark.parametrize("name", sorted(NOT_CTP))
def test_what_only_looks_like_ctp(name):
    facts, positions, repeats = NOT_CTP[name]
    assert role(modality="CT", n=positions, repeats=repeats, contrast_agent="Ultravist 370", **facts) != Role.CTP


def test_dynamic_angiography_of_many_phases_can_be_measured():
    assert role(modality="CT", n=100, repeats=20, description="CTA 4D head") == Role.CTP


def test_rising_times():
    assert rising_times(frames(3, 4))
    assert not rising_times(frames(3, 4, times=False))
    assert not rising_times(frames(3, 1))
    assert not rising_times(())


CT = {"modality": "CT", "image_type": "ORIGINAL\\PRIMARY\\AXIAL", "body_part": "HEAD", "kvp": 120.0}


def test_ct():
    assert role(**CT) == Role.NCCT
    assert role(**CT, convolution_kernel="J40s") == Role.NCCT
    assert role(**CT, convolution_kernel="J70h") == Role.OTHER
    assert role(**CT, convolution_kernel="BONEPLUS") == Role.OTHER
    assert role(**CT, contrast_agent="Ultravist 370") == Role.OTHER
    assert role(**CT, contrast_agent="NONE") == Role.NCCT
    assert role(**CT, description="CTA head", contrast_agent="Ultravist 370") == Role.ANGIOGRAPHY
    assert role(**CT, repeats=20, contrast_agent="Ultravist 370") == Role.CTP
    assert role(**CT, n=1, repeats=20) == Role.OTHER, "bolus monitoring"
    assert role(**(CT | {"image_type": "ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 MON"}), n=1, repeats=2) == Role.OTHER
    assert role(**(CT | {"image_type": "ORIGINAL\\PRIMARY\\LOCALIZER"})) == Role.LOCALIZER
    assert role(**(CT | {"image_type": "DERIVED\\SECONDARY\\MPR"})) == Role.DERIVED
    assert role(**(CT | {"image_type": "DERIVED\\PRIMARY\\AXIAL"})) == Role.DERIVED
    assert role(**CT, description="VNC") == Role.DERIVED
    assert role(**(CT | {"body_part": "CHEST"})) == Role.OTHER
    assert role(**(CT | {"body_part": ""}), protocol="6.9 Colonoscopy") == Role.OTHER
    assert role(**(CT | {"body_part": ""}), group=frames(spacing=(1.9, 1.9))) == Role.OTHER, "field of view 486 mm"
    assert role(**(CT | {"body_part": ""}), description="Schädel nativ") == Role.NCCT


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Kopf nativ", Role.NCCT), ("Crâne sans injection", Role.NCCT), ("Cabeza sin contraste", Role.NCCT),
     ("Head without contrast", Role.NCCT), ("Head W/O", Role.NCCT), ("Kopf mit KM", Role.OTHER),
     ("Head with contrast", Role.OTHER), ("Brain C+", Role.OTHER), ("CTA Carotiden", Role.ANGIOGRAPHY),
     ("Angio TSA", Role.ANGIOGRAPHY), ("Head venous", Role.OTHER)],
)  # fmt: skip
def test_ct_words_in_several_languages(text, expected):
    assert role(**CT, description=text) == expected


def test_flair_swi_angiography_localizer():
    times = {"inversion_time_ms": 2500.0, "echo_time_ms": 90.0, "repetition_time_ms": 9000.0}
    assert role(**times) == Role.FLAIR
    assert role(acquisition_contrast="FLUID_ATTENUATED") == Role.FLAIR
    assert role(inversion_time_ms=150.0, echo_time_ms=60.0, repetition_time_ms=5000.0) == Role.OTHER, "STIR"
    assert role(inversion_time_ms=900.0, echo_time_ms=3.0, repetition_time_ms=2300.0) == Role.OTHER, "MPRAGE"
    assert role(description="SWI_Images", scanning_sequence="GR", echo_time_ms=20.0) == Role.SWI
    assert role("ORIGINAL\\PRIMARY\\M\\SWI\\NORM") == Role.SWI
    assert role("DERIVED\\PRIMARY\\MNIP\\SWI", scanning_sequence="GR") == Role.DERIVED
    assert role(description="tof_fl3d_tra", scanning_sequence="GR", echo_time_ms=3.6) == Role.ANGIOGRAPHY
    assert role(description="Survey", n=9) == Role.LOCALIZER
    assert role(description="Survey", n=100) == Role.OTHER


def test_phantoms():
    assert role(body_part="PHANTOM") == Role.PHANTOM
    assert role(description="ACR_T1_TRA_HEAD") == Role.PHANTOM
    assert role(phantom_patient=True, b=1000.0) == Role.PHANTOM
    assert role(quality_control_image="YES") == Role.PHANTOM
    assert phantom_patient("ACR^Phantom", "123") and phantom_patient("PLASTIC")
    assert not phantom_patient("Plastick^Anna", "A1") and not phantom_patient("", "")


def test_frame_kinds():
    kinds = {"ADC": "adc", "ADC_UNSPECIFIED": "adc", "EADC": "exponential ADC", "TRACEW": "", "M_SE": "", "NONE": ""}
    for word, kind in kinds.items():
        assert frame_kind(Frame(0, 0, "", image_type=("DERIVED", "PRIMARY", word))) == kind


@pytest.mark.parametrize(
    "kernel", ["B60s", "H70h", "Hr60f", "J60s", "BONE", "BONEPLUS", "EDGE", "LUNG", "YD", "FC30", "FC81"]
)
def test_sharp_kernels(kernel):
    assert sharp_kernel(kernel)


@pytest.mark.parametrize(
    "kernel", ["", "B30s", "H31s", "Hr38h", "J40s", "STANDARD", "SOFT", "STD+", "UB", "FC26", "FC64", "11"]
)
def test_soft_kernels(kernel):
    assert not sharp_kernel(kernel)


@pytest.mark.parametrize(
    ("topic", "text"),
    [("adc", "ep2d_diff_ADC"), ("adc", "dADC"), ("adc", "ADC-Karte"), ("adc", "Coefficient de Diffusion Apparent"),
     ("eadc", "eADC"), ("eadc", "Exp ADC"), ("synthetic_b", "calc_b1500"), ("synthetic_b", "cDWI"),
     ("dwi", "Diffusion b=1000"), ("dwi", "Difusión"), ("flair", "t2_tirm_tra_dark-fluid"), ("head", "Schädel"),
     ("head", "cráneo"), ("head", "Encéfalo"), ("contrast", "mit KM"), ("plain", "ohne KM"), ("localizer", "Übersicht Localizer"),
     ("mask", "Subject02_DAGMNet_CH3_Lesion_Predict"), ("mask", "sub-01_ses-1_msk"), ("swi", "T2* GRE")],
)  # fmt: skip
def test_words(topic, text):
    assert speaks_of(topic, plain(text))


@pytest.mark.parametrize(
    ("topic", "text"),
    [("adc", "Facade"), ("eadc", "expert"), ("synthetic_b", "Synthetic head"), ("mask", "DWI_masked"), ("perfusion_map", "rapid"),
     ("projection", "t1_mprage"), ("tensor", "fast"), ("bone", "carbone"), ("plain", "workout")],
)  # fmt: skip
def test_words_that_only_look_alike(topic, text):
    assert not speaks_of(topic, plain(text))


def test_every_pattern_compiles_on_plain_text():
    assert all(not speaks_of(topic, "") for topic in PATTERNS)
