"""Perfusion from the scene and from the DICOM database: files where there are some, questions where there are none."""

import numpy as np
import pytest
import slicer
from dicom_database import DicomDatabase
from nifti_writer import write_nifti
from small_patients import small_perfusion

from StrokeBiomarkersLib.dicomdatabase import FRAME_FILES, isFromDicom
from StrokeBiomarkersLib.dicomstudies import studiesOf
from StrokeBiomarkersLib.hierarchy import hierarchyNode, placeUnder, studyItem
from StrokeBiomarkersLib.imageinput import Answers, Images
from StrokeBiomarkersLib.perfusionmismatch import LESION, PerfusionMismatch
from StrokeBiomarkersLib.sequences import timeSeriesToNodes
from strokequant.batch.case import Part, measure_case
from strokequant.batch.discover import CaseInput, discover_cases
from strokequant.batch.perfusion_answers import PerfusionAnswers
from strokequant.dicomio.nifti import nifti_series
from strokequant.dicomio.read_time import read_time_series
from strokequant.dicomio.scan import scan
from strokequant.errors import GeometryError, InputError
from strokequant.synthetic.perfusion_patients import write_perfusion_patient
from strokequant.types import Role

UID_NAME = "DICOM"


def folderOf(name, parent):
    spec = small_perfusion(name)
    write_perfusion_patient(spec, parent)
    return parent / spec.name


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """By kind; CT with 30 frames, DSC with diffusion in the same study."""
    parent = tmp_path_factory.mktemp("patients")
    yield {"ctp": folderOf("ctp", parent), "dsc": folderOf("dsc_dwi", parent)}


@pytest.fixture(scope="module")
def databases(folders, tmp_path_factory):
    found = {}
    for kind, folder in folders.items():
        found[kind] = DicomDatabase(tmp_path_factory.mktemp("database"))
        for path in sorted(folder.rglob("*.dcm")):
            found[kind].insert(str(path))
    yield found


@pytest.fixture(scope="module")
def dynamic(folders):
    """Time series by kind, as the library reads them."""
    found = {}
    for kind, folder in folders.items():
        (series,) = [one for one in scan(folder).series if one.role is Role(kind)]
        found[kind] = series, read_time_series(series)
    yield found


@pytest.fixture(scope="module")
def expected(folders):
    found = {}
    for kind, folder in folders.items():
        case = discover_cases(folder, scan(folder).series)[0]
        found[kind] = numbers(measure_case(case, wanted=(Part.MISMATCH,)))
    yield found


def numbers(record):
    return {m.id: (m.value, m.lower, m.upper, m.status) for m in record.measurements}


def foreignSequence(timeSeries, name="frames"):
    """A sequence as another program makes it: voxels and matrix, an index that says nothing, no facts, no instances."""
    nodes = timeSeriesToNodes(timeSeries, name)
    sequence = nodes.sequence
    for node in (sequence, nodes.volume, *map(sequence.GetNthDataNode, range(sequence.GetNumberOfDataNodes()))):
        for attribute in list(node.GetAttributeNames()):
            node.RemoveAttribute(attribute)
    return nodes


@pytest.fixture
def core(scene):
    one = PerfusionMismatch()
    yield one
    one.close()


@pytest.mark.parametrize("shown", ["sequence", "proxy"])
def test_frames_from_dicom_are_read_again_from_their_files(core, dynamic, databases, expected, shown):
    nodes = timeSeriesToNodes(dynamic["ctp"][1], "ctp")
    chosen = nodes.sequence if shown == "sequence" else nodes.volume
    core.openImages(Images(perfusion=chosen), Answers(), databases["ctp"])
    assert not core.computeWaits(), "the times are those of the headers"
    core.compute()
    core.settle()
    assert numbers(core.record) == expected["ctp"]


@pytest.mark.parametrize("how", ["hierarchy", "frame files", "one image"])
def test_the_ways_in_which_slicer_notes_where_a_sequence_came_from(core, folders, dynamic, databases, expected, how):
    """Its importer of 4-D series files the sequence under the series, or lists the files; a volume has its instances."""
    series, timeSeries = dynamic["ctp"]
    nodes = foreignSequence(timeSeries)
    chosen = nodes.volume
    if how == "hierarchy":
        item = placeUnder(nodes.sequence, studyItem(series.study_uid))
        hierarchyNode().SetItemUID(item, UID_NAME, series.series_uid)
    elif how == "frame files":
        nodes.sequence.SetAttribute(FRAME_FILES, ",".join(map(str, series.files)))
    else:
        chosen = slicer.util.addVolumeFromArray(timeSeries.values[0], name="one frame")
        chosen.SetAttribute("DICOM.instanceUIDs", " ".join(timeSeries.instance_uids[0]))
    assert isFromDicom(chosen)
    core.openImages(Images(perfusion=chosen), Answers(), databases["ctp"])
    core.compute()
    core.settle()
    assert numbers(core.record) == expected["ctp"]


def test_a_study_of_the_database_is_measured_without_loading_anything(core, databases, expected):
    (study,) = studiesOf(databases["dsc"])
    assert study.text.strip()
    core.openStudy(study.uid, databases["dsc"])
    assert {o.part for o in core.offers()} >= {"dsc", "dwi"}
    core.compute()
    core.settle()
    assert numbers(core.record) == expected["dsc"] and core.record.perfusion.lesions.core_source == "ADC"
    assert study.text.split()[0] not in core.case.case, "the name of the case says nothing about the patient"


def test_a_closed_or_empty_database_offers_nothing(core, tmp_path):
    assert studiesOf(None) == () and studiesOf(DicomDatabase(tmp_path)) == ()
    for database in (None, DicomDatabase(tmp_path)):
        with pytest.raises(InputError) as caught:
            core.openStudy("1.2.3", database)
        assert caught.value.issues[0].code == "I09" and core.case is None


@pytest.mark.parametrize("kind", ["ctp", "dsc"])
def test_without_origin_kind_times_and_echo_time_are_asked(core, dynamic, kind):
    timeSeries = dynamic[kind][1]
    nodes = foreignSequence(timeSeries)
    with pytest.raises(InputError) as caught:
        core.openImages(Images(perfusion=nodes.volume), Answers(), None)
    assert [i.code for i in caught.value.issues] == ["U03"] and core.case is None
    core.openImages(Images(perfusion=nodes.volume), Answers(kind=kind), None)
    wait = core.computeWaits()
    assert wait.key == "times" and {i.code for i in wait.issues} == {"T01"}
    core.answer(times_s=tuple(timeSeries.times_s.tolist()[:-1]))
    assert "T11" in {i.code for i in core.computeWaits().issues}, "one time is missing"
    core.answer(times_s=tuple(timeSeries.times_s.tolist()))
    assert not core.computeWaits()
    record = core.compute()
    if kind == "dsc":
        assert not core.isMeasured() and "D09" in {i.code for i in record.issues if i.blocks}, "no echo time is made up"
        core.answer(echo_time_ms=timeSeries.echo_time_ms)
        record = core.compute()
    assert core.isMeasured(), record.issues


def test_stated_frames_give_the_numbers_of_the_command(core, dynamic, tmp_path):
    """`strokequant mismatch --perfusion FILE --kind ctp --times FILE` on a file that another writer made."""
    timeSeries = dynamic["ctp"][1]
    times = tuple(timeSeries.times_s.tolist())
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ timeSeries.geometry.affine
    path = tmp_path / "frames.nii.gz"
    write_nifti(path, timeSeries.values.astype(np.float32), sform=ras)
    case = CaseInput("frames", "tp1", (nifti_series(path, Role.CTP, key="perfusion"),))
    expected = measure_case(case, wanted=(Part.MISMATCH,), answers=PerfusionAnswers(times_s=times))
    core.openImages(Images(perfusion=foreignSequence(timeSeries).sequence), Answers(kind="ctp"), None)
    core.answer(times_s=times)
    core.compute()
    core.settle()
    assert numbers(core.record) == numbers(expected)
    assert np.array_equal(core.mask().values, expected.masks[LESION].values)


def test_a_volume_with_one_value_a_frame_is_taken_as_frames(core, dynamic):
    timeSeries = dynamic["ctp"][1]
    nodes = foreignSequence(timeSeries)
    values = np.ascontiguousarray(np.moveaxis(timeSeries.values, 0, -1))
    vector = slicer.util.addVolumeFromArray(values, nodeClassName="vtkMRMLVectorVolumeNode")
    vector.CopyOrientation(nodes.volume)
    core.openImages(Images(perfusion=vector), Answers(kind="ctp"), None)
    core.answer(times_s=1.5)
    (audit,) = core.timeAudits.values()
    assert audit.frames == len(timeSeries.values)


def test_a_single_image_is_refused(core, dynamic):
    image = slicer.util.addVolumeFromArray(dynamic["ctp"][1].values[0])
    with pytest.raises(InputError) as caught:
        core.openImages(Images(perfusion=image), Answers(kind="ctp"), None)
    assert caught.value.issues[0].code == "I01" and core.case is None


def test_a_moved_sequence_is_refused(core, dynamic):
    nodes = foreignSequence(dynamic["ctp"][1])
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    nodes.volume.SetAndObserveTransformNodeID(transform.GetID())
    with pytest.raises(GeometryError) as caught:
        core.openImages(Images(perfusion=nodes.volume), Answers(kind="ctp"), None)
    assert caught.value.issues[0].code == "G20"


def test_a_reading_of_stated_frames_goes_on_with_its_scene(core, dynamic, reopen):
    timeSeries = dynamic["ctp"][1]
    core.openImages(Images(perfusion=foreignSequence(timeSeries).volume), Answers(kind="ctp"), None)
    core.answer(times_s=tuple(timeSeries.times_s.tolist()))
    core.compute()
    core.settle()
    before = numbers(core.record)
    core.close()
    reopen()
    again = PerfusionMismatch()
    assert again.resume() == () and again.canChange()
    again.settle()
    assert numbers(again.record) == before
    again.close()


def test_two_patients_have_two_names(scene, dynamic, databases):
    names = set()
    for kind in ("ctp", "dsc"):
        core = PerfusionMismatch()
        core.openStudy(studiesOf(databases[kind])[0].uid, databases[kind])
        names.add((core.case.case, core.case.timepoint))
        core.close()
    assert len(names) == 2
