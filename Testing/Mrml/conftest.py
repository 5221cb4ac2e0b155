"""Real MRML without the application: one scene with the module logics that the library uses.

Fixtures yield: a module logic holds a plain pointer to the application logic, and without it the next call is a segmentation fault.
"""

import hashlib
import os
import pickle
import sys
import types
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "StrokeBiomarkers"
LOGICS = {
    "Terminologies": "vtkSlicerTerminologiesModuleLogic",
    "Volumes": "vtkSlicerVolumesLogic",
    "Segmentations": "vtkSlicerSegmentationsModuleLogic",
    "Sequences": "vtkSlicerSequencesLogic",
}

try:
    import slicer
    import vtk
except ImportError:
    slicer = None


def pytest_ignore_collect(collection_path):
    """Modules import the wheel at file scope; without it only the test that says so is collected."""
    if slicer is None and collection_path.name.startswith("test_") and collection_path.name != "test_mrml_available.py":
        return True
    return None


def pytest_sessionfinish(session, exitstatus):
    session.config.mrmlExitStatus = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Leave before the interpreter takes the compiled libraries apart in an order that they do not survive."""
    if slicer is not None and hasattr(config, "mrmlExitStatus"):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.mrmlExitStatus)


def _dataIO(scene, application, folder):
    """Without these no .mrb can be read."""
    remote = slicer.vtkMRMLRemoteIOLogic()
    remote.SetMRMLScene(scene)
    remote.SetMRMLApplicationLogic(application)
    remote.GetCacheManager().SetRemoteCacheDirectory(str(folder))
    logic = slicer.vtkDataIOManagerLogic()
    logic.SetMRMLScene(scene)
    logic.SetMRMLApplicationLogic(application)
    logic.SetAndObserveDataIOManager(remote.GetDataIOManager())
    remote.AddDataIOToScene()
    return remote, logic


@pytest.fixture(scope="session")
def application(tmp_path_factory):
    scene = slicer.vtkMRMLScene()
    logic = slicer.vtkSlicerApplicationLogic()
    logic.SetMRMLScene(scene)
    colors = logic.GetColorLogic()
    colors.SetMRMLScene(scene)
    colors.AddDefaultColorNodes()
    logic.SetModuleLogic("Colors", colors)
    logic.SetSliceLogics(vtk.vtkCollection())
    logic.SetViewLogics(vtk.vtkCollection())
    modules = types.SimpleNamespace()
    logics = {}
    for name, className in LOGICS.items():
        one = logics[name] = getattr(slicer, className)()
        one.SetMRMLApplicationLogic(logic)
        one.SetMRMLScene(scene)
        logic.SetModuleLogic(name, one)
        setattr(modules, name.lower(), types.SimpleNamespace(logic=lambda one=one: one))
    slicer.mrmlScene, slicer.modules = scene, modules
    kept = _dataIO(scene, logic, tmp_path_factory.mktemp("cache"))
    yield types.SimpleNamespace(scene=scene, logic=logic, logics=logics, kept=kept)


@pytest.fixture(scope="session")
def motions():
    """Corrected series by all that they are made of."""
    return {}


@pytest.fixture(scope="module", autouse=True)
def _motion_is_corrected_once(motions):
    """Half the time of these tests was the motion of the same few patients; Core tests it, here it is computed once and copied."""
    from strokequant.batch import perfusion_stages

    correct = perfusion_stages.correct_motion

    def once(series, reference, **how):
        key = hashlib.sha256(pickle.dumps((series, list(reference), sorted(how.items())))).hexdigest()
        if key not in motions:
            motions[key] = pickle.dumps(correct(series, reference, **how))
        return pickle.loads(motions[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perfusion_stages, "correct_motion", once)
        yield


@pytest.fixture
def scene(application):
    application.scene.Clear()
    slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(application.scene)
    yield application.scene
    application.scene.Clear()


@pytest.fixture
def reopen(scene, tmp_path):
    """Save the scene as .mrb, clear it, open it again."""

    def run():
        path = str(tmp_path / "scene.mrb")
        assert scene.WriteToMRB(path, None)
        scene.Clear()
        assert scene.ReadFromMRB(path, True)
        slicer.vtkMRMLSubjectHierarchyNode.ResolveSubjectHierarchy(scene)
        return scene

    yield run
