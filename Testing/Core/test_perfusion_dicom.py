"""DICOM objects of perfusion: segments, maps and report, on every kind of dynamic series, checked by independent programs."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pydicom
import pytest
from highdicom.sr import srread
from perfusion_record_cases import perfusion_record, with_diffusion

from Data.dicom_checks import dcentvfy_errors, dciodvfy_findings, dsrdump
from strokequant import codes
from strokequant.biomarkers.catalog import MEASURES
from strokequant.biomarkers.perfusion_measures import PERFUSION_MEASURES
from strokequant.dicomio.read_time import read_time_series
from strokequant.dicomio.scan import scan
from strokequant.dicomio.time_join import joined_series
from strokequant.perfusion_types import Bolus
from strokequant.record.dicom_out import write_dicom
from strokequant.record.dicom_seg import read_mask_from_seg
from strokequant.record.dicom_sr import measurements_of, structure_of
from strokequant.synthetic.perfusion_brain import small_patient
from strokequant.synthetic.perfusion_dicom import DSC_VARIANTS, write_perfusion
from strokequant.synthetic.vendor_dicom import Study
from strokequant.types import InputRef, Role, Volume

NOW = datetime(2026, 1, 2, 3, 4, 5)
SLAB = {"slices": 6, "rows": 32, "columns": 28, "pixel_mm": 6.0, "step_mm": 14.0, "center": (0, 0, 12)}
FIRST = 2
"""First baseline frame."""
KINDS = (
    "ge_ctp",
    "canon_ctp",
    "enhanced_ctp",
    "siemens_dsc_mosaic",
    "philips_dsc_enhanced",
    "siemens_xa_dsc",
    "ge_dsc",
)
MAPS = {
    "cbf": (codes.CBF, "ml/[100]g/min"),
    "cbv": (codes.CBV, "ml/[100]g"),
    "mtt": (codes.MEAN_TRANSIT_TIME, "s"),
    "tmax": (codes.TMAX, "s"),
    "ttp": (codes.TIME_TO_PEAK, "s"),
    "rcbf": (codes.CBF_RELATIVE, "{ratio}"),
    "rcbv": (codes.CBV_RELATIVE, "{ratio}"),
}


class Written:
    """One dynamic series with the objects of a record on it."""

    def __init__(self, variant, folder, change=None, **options):
        kind = "dsc" if variant in DSC_VARIANTS else "ctp"
        order = "interleaved" if variant == "siemens_dsc_mosaic" else "together"
        patient = small_patient(kind, noise=None, frames=12, slab=SLAB, slice_order=order)
        write_perfusion(variant, patient, Study(5), folder / "source")
        if change:
            change(folder / "source")
        found = [s for s in scan(folder / "source").series if s.role in (Role.DSC, Role.CTP)]
        self.series = joined_series(found)
        self.dynamic = read_time_series(self.series)
        self.record = self.record_on(**options)
        self.output = write_dicom(self.record, folder, now=NOW)
        self.files = self.output.files

    def record_on(self, **options):
        geometry, series = self.dynamic.geometry, self.series
        record = perfusion_record(geometry, bolus=Bolus(FIRST, 6, 7, 8, np.zeros(12)), **options)
        uids = self.dynamic.instance_uids[FIRST]
        image = Volume(
            self.dynamic.values[FIRST], geometry, self.dynamic.unit, source=self.dynamic.source, instance_uids=uids
        )
        source = self.dynamic.source
        return replace(
            record,
            series=(series,),
            used={str(series.role): series.key},
            images={"perfusion": image},
            inputs=(InputRef(source.uid, source.sha256, str(series.role), source.instances),),
        )

    def read(self, name):
        return pydicom.dcmread(self.files[f"dicom/{name}.dcm"])


@pytest.fixture(scope="module", params=KINDS)
def written(request, tmp_path_factory):
    return Written(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def ctp(tmp_path_factory):
    return Written("ge_ctp", tmp_path_factory.mktemp("ctp"))


def test_all_objects_are_written_and_valid(written):
    assert written.output.issues == ()
    assert sorted(written.files) == sorted(
        [*(f"dicom/map_{name}.dcm" for name in MAPS), "dicom/seg_perfusion.dcm", "dicom/sr_perfusion.dcm"]
    )
    for path in written.files.values():
        assert dciodvfy_findings(path) == [], path.name
    assert dcentvfy_errors(*written.files.values()) == []
    assert "Ischemic penumbra" in dsrdump(written.files["dicom/sr_perfusion.dcm"])


def test_segments_hold_the_voxels_of_the_masks(written):
    geometry = written.dynamic.geometry
    for name in ("hypoperfusion_6s", "hypoperfusion_10s", "perfusion_core", "mismatch", "perfusion_brain"):
        mask = read_mask_from_seg(written.files["dicom/seg_perfusion.dcm"], geometry, name=name)
        assert (mask.values == written.record.masks[name].values).all(), name
    types = {
        str(s.SegmentLabel): s.SegmentedPropertyTypeCodeSequence[0].CodeValue
        for s in written.read("seg_perfusion").SegmentSequence
    }
    assert types["Tmax > 6 s"] == codes.PERFUSION.value and types["Mismatch"] == codes.PENUMBRA.value


def test_source_is_the_first_baseline_frame(written):
    """By instance where an instance is one time; by the frame's own index and position where a file holds several."""
    dynamic = written.dynamic
    paths = {}
    for path in written.series.files:
        paths[str(pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)] = (
            path
        )
    for frame in written.read("seg_perfusion").PerFrameFunctionalGroupsSequence:
        position = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, float)
        k = int(np.linalg.norm(dynamic.geometry.slice_origins - position, axis=1).argmin())
        reference = frame.DerivationImageSequence[0].SourceImageSequence[0]
        uid = str(reference.ReferencedSOPInstanceUID)
        assert uid == dynamic.instance_uids[FIRST][k]
        if "ReferencedFrameNumber" in reference:
            groups = pydicom.dcmread(paths[uid], stop_before_pixels=True).PerFrameFunctionalGroupsSequence
            group = groups[int(reference.ReferencedFrameNumber) - 1]
            place = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
            assert np.linalg.norm(place - dynamic.geometry.slice_origins[k]) < 0.01
            times = sum(uid in row for row in dynamic.instance_uids)
            assert times == 1 or int(group.FrameContentSequence[0].TemporalPositionIndex) == FIRST + 1


def test_references_name_the_series_of_the_instances(written):
    by_uid = {}
    for path in written.series.files:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID", "SeriesInstanceUID"])
        by_uid[str(header.SOPInstanceUID)] = str(header.SeriesInstanceUID)
    for name in ("seg_perfusion", "map_tmax"):
        for item in written.read(name).ReferencedSeriesSequence:
            for instance in item.ReferencedInstanceSequence:
                assert by_uid[str(instance.ReferencedSOPInstanceUID)] == item.SeriesInstanceUID
    for study in written.read("sr_perfusion").CurrentRequestedProcedureEvidenceSequence:
        for item in study.ReferencedSeriesSequence:
            for instance in item.ReferencedSOPSequence:
                uid = str(instance.ReferencedSOPInstanceUID)
                assert by_uid.get(uid, item.SeriesInstanceUID) == item.SeriesInstanceUID


def test_slabs_of_two_series_are_referenced_each_by_its_own(tmp_path):
    """The lower slab in another series: joined, and every reference under the series of its instance."""

    def split(folder):
        for path in sorted(folder.rglob("*.dcm")):
            dataset = pydicom.dcmread(path)
            if float(dataset.ImagePositionPatient[2]) < 12:
                dataset.SeriesInstanceUID, dataset.SeriesNumber = f"{dataset.SeriesInstanceUID}.2", 77
                dataset.save_as(path)

    written = Written("ge_ctp", tmp_path, change=split)
    assert len(written.series.header["joined_series_uids"]) == 2
    items = written.read("seg_perfusion").ReferencedSeriesSequence
    assert {str(i.SeriesInstanceUID) for i in items} == set(written.series.header["joined_series_uids"])
    test_references_name_the_series_of_the_instances(written)
    for path in written.files.values():
        assert dciodvfy_findings(path) == [], path.name


def test_maps_hold_values_and_units(written):
    for name, (concept, unit) in MAPS.items():
        dataset = written.read(f"map_{name}")
        content = written.record.maps[name]
        pixels = np.frombuffer(dataset.FloatPixelData, "<f4").reshape(-1, dataset.Rows, dataset.Columns)
        for frame, values in zip(dataset.PerFrameFunctionalGroupsSequence, pixels, strict=True):
            position = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, float)
            k = int(np.linalg.norm(content.geometry.slice_origins - position, axis=1).argmin())
            assert np.array_equal(values, np.where(content.valid[k], content.values[k], 0)), name
        mapping = dataset.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
        assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == unit
        quantity = mapping.QuantityDefinitionSequence[0].ConceptCodeSequence[0]
        assert (quantity.CodeValue, quantity.CodingSchemeDesignator) == (concept.value, concept.scheme)


def groups_of(path):
    return srread(path).content.get_volumetric_roi_measurement_groups()


def test_every_number_is_in_the_report_once(ctp):
    found = [
        (m.name.value, m.value, m.unit.value)
        for group in groups_of(ctp.files["dicom/sr_perfusion.dcm"])
        for m in group.get_measurements()
    ]
    wanted = [(MEASURES[m.id].code.value, m.value, m.unit) for m in ctp.record.measurements if m.value is not None]
    assert len(wanted) > 20
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize("record", [perfusion_record(), with_diffusion()], ids=["flow core", "diffusion core"])
def test_every_measure_belongs_to_one_structure(record):
    names = {mask.name for mask in record.masks.values()}
    known = [m.id for m in record.measurements if m.id in PERFUSION_MEASURES]
    assert known and all(structure_of(record, measure) in names for measure in known)
    listed = [m.id for name in names for m in measurements_of(record, name)]
    assert len(listed) == len(set(listed))
    source = record.perfusion.lesions.core_source
    assert structure_of(record, "mismatch_core_volume") == ("mismatch_core" if source == "ADC" else "mismatch")
    assert structure_of(record, "perfusion_core_volume") == "perfusion_core"


def values_of(group, concept):
    items = [i for i in group[0].ContentSequence if i.ValueType == "CODE"]
    return [
        i.ConceptCodeSequence[0].CodeValue for i in items if i.ConceptNameCodeSequence[0].CodeValue == concept.value
    ]


def finding(group):
    return group.finding_type.value


def comments(group):
    items = [i for i in group[0].ContentSequence if i.ValueType == "TEXT"]
    return [i.TextValue for i in items if i.ConceptNameCodeSequence[0].CodeValue == codes.COMMENT.value]


def mismatch_group(path):
    return next(g for g in groups_of(path) if finding(g) == codes.PENUMBRA.value)


def test_infinite_ratio_is_a_division_by_zero(tmp_path):
    written = Written("ge_ctp", tmp_path, core=False)
    group = mismatch_group(written.files["dicom/sr_perfusion.dcm"])
    assert values_of(group, codes.MISMATCH_RATIO) == [codes.DIVIDE_BY_ZERO.value]
    assert codes.MISMATCH_RATIO.value not in [m.name.value for m in group.get_measurements()]
    assert codes.MISMATCH_VOLUME.value in [m.name.value for m in group.get_measurements()]
    assert "Mismatch ratio: infinite, the core is 0" in comments(group)
    for path in written.files.values():
        assert dciodvfy_findings(path) == [], path.name


def test_a_ratio_of_nothing_is_indeterminate(tmp_path):
    written = Written("ge_ctp", tmp_path, lesion=False)
    group = mismatch_group(written.files["dicom/sr_perfusion.dcm"])
    assert values_of(group, codes.MISMATCH_RATIO) == [codes.INDETERMINATE.value]


def test_report_names_artery_method_reference_and_rules(ctp):
    group = mismatch_group(ctp.files["dicom/sr_perfusion.dcm"])
    assert values_of(group, codes.MEASUREMENT_METHOD) == [
        codes.CT_PERFUSION_TECHNIQUE.value,
        codes.AIF_AUTOMATIC.value,
        codes.SVD_DECONVOLUTION.value,
    ]
    words = comments(group)
    assert any(w.startswith("Reference tissue: contralateral mean, right side") for w in words)
    assert any(w.startswith("Deconvolution: ") and "kappa=0.7333" in w for w in words)
    assert "Criteria DEFUSE3 1.0 (NEJM 2018;378:708): not met; not the trial's software" in words
    assert any("A03" in w for w in words)
    assert group.finding_sites[0].laterality.value == codes.LEFT.value
    report = pydicom.dcmread(ctp.files["dicom/sr_perfusion.dcm"])
    procedures = [
        i.ConceptCodeSequence[0].CodeValue
        for i in report.ContentSequence
        if i.ValueType == "CODE" and i.ConceptNameCodeSequence[0].CodeValue == "121058"
    ]
    assert procedures == [codes.CT_PERFUSION_HEAD.value]


def test_tmax_statistics_name_the_deconvolution(ctp):
    for group in groups_of(ctp.files["dicom/sr_perfusion.dcm"]):
        for m in group.get_measurements():
            if m.name.value in (codes.TMAX.value, codes.CBF.value):
                assert m.method.value == codes.SVD_DECONVOLUTION.value
            if m.name.value == codes.VOLUME.value:
                assert m.method.value == codes.SEGMENTED_VOXELS.value


def test_first_group_has_most_numbers_and_groups_are_segments(written):
    groups = groups_of(written.files["dicom/sr_perfusion.dcm"])
    counts = [len(group.get_measurements()) for group in groups]
    assert counts[0] == max(counts)
    segments = written.read("seg_perfusion").SegmentSequence
    assert [g.tracking_uid for g in groups] == [s.TrackingUID for s in segments]


def test_same_record_same_bytes(ctp, tmp_path):
    again = write_dicom(ctp.record, tmp_path, now=NOW)
    assert again.sha256 == ctp.output.sha256


def test_diffusion_and_perfusion_have_objects_of_their_own(ctp, tmp_path):
    """Both on one grid: each segmentation holds its own structures, and no series is taken for the other."""
    base = with_diffusion(geometry=ctp.dynamic.geometry)
    image = ctp.record.images["perfusion"]
    diffusion = {n: m for n, m in base.masks.items() if not m.geometry.differs_from(base.masks["brain"].geometry)}
    record = replace(
        base,
        series=ctp.record.series,
        used={"ctp": ctp.series.key},
        images={"perfusion": image},
        inputs=ctp.record.inputs,
    )
    output = write_dicom(record, tmp_path, now=NOW)
    assert "dicom/seg_perfusion.dcm" in output.files and "dicom/seg.dcm" not in output.files
    labels = [str(s.SegmentLabel) for s in pydicom.dcmread(output.files["dicom/seg_perfusion.dcm"]).SegmentSequence]
    assert "Infarct core" not in labels and "Infarct core on the perfusion series" in labels
    assert {i.subject for i in output.issues} >= {"dicom/seg.dcm"} and set(diffusion) == {"brain", "infarct_core"}
