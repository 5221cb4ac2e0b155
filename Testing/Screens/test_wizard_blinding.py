"""What a reader may not see: identities are planted everywhere, and every string on the screen is looked at in every step."""

import logging

import core_cases
import pydicom
import pytest
import slicer
import vtk
import wizard_cases as cases

from StrokeBiomarkersLib.shortcuts import KEYS, WIZARD_KEYS

TOKENS = {
    "PatientName": "Zephyrine^Quillfeather",
    "PatientID": "PIDQX-55031",
    "PatientBirthDate": "19440718",
    "OtherPatientIDs": "OTHERQX-1",
    "PatientAddress": "Larkspurgasse 9",
    "AccessionNumber": "ACCQX-778",
    "StudyID": "STUDYQX",
    "StudyDescription": "Quillfeather arm verum",
    "SeriesDescription": "DWI_3dir Skylarkin",
    "ProtocolName": "SITEQX protocol",
    "InstitutionName": "Hospital Brindlewick",
    "InstitutionAddress": "Brindlewick Road",
    "StationName": "STATIONQX",
    "ReferringPhysicianName": "Doctor^Umbersnatch",
    "PerformingPhysicianName": "Doctor^Umbersnatch",
    "OperatorsName": "Operator^Umbersnatch",
    "PatientComments": "randomized to ARMQX",
    "ClinicalTrialSiteName": "Brindlewick",
    "ClinicalTrialTimePointID": "VISITQX",
}
WORDS = ("quillfeather", "zephyrine", "brindlewick", "umbersnatch", "larkspur", "19440718", "pidqx", "otherqx", "accqx")
WORDS += ("studyqx", "siteqx", "stationqx", "armqx", "visitqx", "verum", "skylarkin")
"""Parts of the planted identities, of site, arm and visit, in lower case."""

PATIENT = frozenset(("quillfeather", "zephyrine", "umbersnatch", "larkspur", "19440718", "pidqx", "otherqx", "accqx"))
"""Those of the patient: not in the scene either. Dates and protocol are in the record, which no screen of a reading shows."""


def plant(folder):
    """Write the identities into every image of a folder, a private block among them."""
    dates = set()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        ds = pydicom.dcmread(path)
        for keyword, value in TOKENS.items():
            keep = keyword == "SeriesDescription" and "ADC" in str(ds.get("SeriesDescription", ""))
            setattr(ds, keyword, "dADC Skylarkin" if keep else value)
        for keyword in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"):
            if keyword in ds:
                dates.add(str(ds[keyword].value))
        ds.private_block(0x0099, "QUILLFEATHER", create=True).add_new(0x01, "LO", "ARMQX verum")
        ds.save_as(path)
    return {f"{d[:4]}-{d[4:6]}-{d[6:]}" for d in dates} | dates


def strings():
    """Everything that can be read on the screen or in the scene, with where it is."""
    import qt  # there once the host runs

    for top in slicer.app.topLevelWidgets():
        for widget in [top, *top.findChildren(qt.QWidget)]:
            yield from _ofWidget(widget)
    for name in slicer.app.layoutManager().sliceViewNames():
        corner = slicer.app.layoutManager().sliceWidget(name).sliceView().cornerAnnotation()
        for number in range(8):
            yield f"corner of {name}", corner.GetText(number) or ""
    scene = slicer.mrmlScene
    for number in range(scene.GetNumberOfNodes()):
        node = scene.GetNthNode(number)
        yield node.GetClassName(), node.GetName() or ""
        yield f"{node.GetClassName()} description", node.GetDescription() or ""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    items = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, True)
    for number in range(items.GetNumberOfIds()):
        yield "subject hierarchy", hierarchy.GetItemName(items.GetId(number))
    for key in slicer.app.settings().allKeys():
        yield f"setting {key}", str(slicer.app.settings().value(key))


def hiddenStrings():
    """What a scene holds and no screen shows: attributes and texts of nodes."""
    scene = slicer.mrmlScene
    for number in range(scene.GetNumberOfNodes()):
        node = scene.GetNthNode(number)
        for attribute in node.GetAttributeNames():
            yield f"{node.GetClassName()} {attribute}", node.GetAttribute(attribute) or ""
        if node.IsA("vtkMRMLTextNode"):
            yield "text of a node", node.GetText() or ""


def _ofWidget(widget):
    import qt

    kind = type(widget).__name__
    for name in ("text", "title", "toolTip", "placeholderText", "windowTitle", "statusTip", "plainText"):
        value = getattr(widget, name, None)
        if isinstance(value, str):
            yield f"{kind} {name}", value
    if isinstance(widget, qt.QComboBox):
        for number in range(widget.count):
            yield kind, widget.itemText(number)
    if isinstance(widget, qt.QTableWidget):
        for row in range(widget.rowCount):
            for column in range(widget.columnCount):
                item = widget.item(row, column)
                if item is not None:
                    yield kind, item.text()
                    yield f"{kind} tooltip", item.toolTip()


def leaks(words):
    """Strings that hold one of the words."""
    found = {(where, text[:120]) for where, text in strings() for word in words if word in text.lower()}
    found |= {(where, word) for where, text in hiddenStrings() for word in PATIENT if word in text.lower()}
    return sorted(found)


@pytest.fixture
def log():
    """All that is written to the log meanwhile."""
    records = []

    class Keeper(logging.Handler):
        def emit(self, record):
            records.append(self.format(record))

    keeper, root = Keeper(), logging.getLogger()
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    yield records
    root.removeHandler(keeper)
    root.setLevel(level)


@pytest.fixture
def planted(host, tmp_path):
    """A worklist of one item whose images were never de-identified: the screen shows nothing of them all the same."""
    slicer.app.settings().clear()
    images = cases.corePatient(tmp_path / "patient")
    dates = plant(images)
    cases.makeTrial(tmp_path / "study", [("infarct_core", "R1", images, "R1")])
    panel = cases.openModules(host)
    cases.listTrial(panel, tmp_path / "study")
    yield panel, {word.lower() for word in (*WORDS, *dates)}
    slicer.app.settings().clear()


def test_the_search_finds_what_is_planted(host, planted):
    """A test of the test: a node that is named by the patient is found, and so is a word in a tooltip."""
    panel, words = planted
    assert leaks(words) == []
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", "Quillfeather Zephyrine")
    panel.ui.statusLabel.toolTip = "arm ARMQX"
    assert {where for where, _ in leaks(words)} == {"vtkMRMLTextNode", "QLabel toolTip", "subject hierarchy"}
    slicer.mrmlScene.RemoveNode(node)
    panel.ui.statusLabel.toolTip = ""


def test_no_identity_is_on_the_screen_in_any_step(host, planted, log, capfd):
    panel, words = planted
    title = host.window.windowTitle
    panel.ui.openButton.click()
    assert panel.wizard is not None, panel.ui.statusLabel.text
    seen = set()

    def look():
        host.processEvents()
        seen.add(cases.stepOf(panel))
        assert leaks(words) == [], cases.stepOf(panel)

    while cases.stepOf(panel) not in ("O6", ""):
        look()
        cases.go(panel)
    look()
    cases.answer(panel, evaluability="diagnostic")
    cases.goTo(panel, "A6")
    core = panel.modules.panel
    host.press(KEYS["erase"])
    host.stroke(core.editor.widget, [core_cases.centerOf(core, 1)], view="StrokeDWI", diameter_mm=7)
    look()
    assert not core.ui.inputPath.visible and not core.ui.recordBox.visible
    cases.answer(panel, brain_mask_confirmed=True, candidates_decided=True, exclusions_reviewed=True)
    while cases.stepOf(panel) != "Z1":
        cases.go(panel)
        look()
    cases.finish(panel)
    look()
    assert panel.wizard.item.id in host.window.windowTitle and seen >= {"O1", "O4", "A2", "O6", "A6", "Z1", "Z4"}
    panel.ui.closeButton.click()
    assert leaks(words) == [] and host.window.windowTitle == title
    said = "\n".join([*log, *capfd.readouterr()]).lower()
    assert not [word for word in words if word in said]


def test_what_leads_elsewhere_is_put_away_and_comes_back(host, planted):
    import qt

    panel, _ = planted
    bar = qt.QToolBar()
    bar.objectName = "ModuleSelectorToolBar"
    host.window.addToolBar(bar)
    bar.show()
    assert bar.visible
    panel.ui.openButton.click()
    assert not bar.visible and not panel.ui.sourceBox.visible
    panel.ui.closeButton.click()
    assert bar.visible and panel.ui.sourceBox.visible
    host.window.removeToolBar(bar)
    bar.deleteLater()


def test_a_whole_reading_needs_no_mouse(host, planted):
    """From the list of cases to the signature with keys alone; texts are typed into the field that has the focus."""
    import qt
    from PySide6 import QtTest

    panel, _ = planted
    tester, application = QtTest.QTest, slicer.app._application

    def typed(text):
        tester.keyClicks(application.focusWidget(), text)
        host.processEvents()

    def key(name):
        host.press(WIZARD_KEYS[name])

    panel.cases.table.setFocus()
    tester.keyClick(panel.cases.table, qt.Qt.Key_Return)
    host.processEvents()
    assert cases.stepOf(panel) == "O1", panel.ui.statusLabel.text
    key("automatic")
    assert cases.stepOf(panel) == "O6"
    key("answer1")
    assert panel.wizard.answers["evaluability"] == "diagnostic"
    key("next")
    assert cases.stepOf(panel) == "A6"
    host.press(KEYS["leaveOut"])
    for number in (1, 2, 3):
        key(f"answer{number}")
    key("next")
    assert cases.stepOf(panel) == "A7"
    key("back")
    assert cases.stepOf(panel) == "A6"
    for step in ("A7", "A8", "Z1"):
        key("next")
        assert cases.stepOf(panel) == step
    key("steps")
    for step in ("Z2", "Z3", "Z4"):
        for number in (1, 2):
            key(f"answer{number}")
        if panel.bar.reasonEdits:
            key("fields")
            typed("seen")
        key("next")
        assert cases.stepOf(panel) == step
    key("answer1")
    panel.ui.keyPath.currentPath = str(panel.source.trial.folder.parent / "keys" / "R1.key.pem")
    key("sign")
    typed(cases.PASSPHRASE)
    tester.keyClick(application.focusWidget(), qt.Qt.Key_Return)
    host.processEvents()
    assert panel.wizard.item.status.state == "signed", panel.ui.statusLabel.text
