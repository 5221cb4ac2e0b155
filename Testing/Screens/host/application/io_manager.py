"""`slicer.app.coreIOManager()`: what `slicer.util.load...` and `save...` call."""

import os

import slicer

# Longest suffix first: ".seg.nrrd" must not be taken for a volume.
FILE_TYPES = (
    (".seg.nrrd", "SegmentationFile"),
    (".seq.nrrd", "SequenceFile"),
    (".mrb", "SceneFile"),
    (".mrml", "SceneFile"),
    (".tsv", "TableFile"),
    (".csv", "TableFile"),
    (".txt", "TextFile"),
    (".json", "TextFile"),
)
READERS = {
    "SegmentationFile": ("vtkMRMLSegmentationNode", "vtkMRMLSegmentationStorageNode"),
    "SequenceFile": ("vtkMRMLSequenceNode", "vtkMRMLVolumeSequenceStorageNode"),
    "TableFile": ("vtkMRMLTableNode", "vtkMRMLTableStorageNode"),
    "TextFile": ("vtkMRMLTextNode", "vtkMRMLTextStorageNode"),
}
WRITERS = {
    "vtkMRMLSegmentationNode": "SegmentationFile",
    "vtkMRMLTableNode": "TableFile",
    "vtkMRMLSequenceNode": "SequenceFile",
    "vtkMRMLVolumeNode": "VolumeFile",
    "vtkMRMLTextNode": "TextFile",
}


class IOManager:
    """Reads and writes nodes and scenes with the storage nodes of the wheel."""

    def __init__(self, app):
        self._app = app

    def fileType(self, fileName):
        """Say which kind of file a name stands for."""
        name = fileName.lower()
        return next((kind for suffix, kind in FILE_TYPES if name.endswith(suffix)), "VolumeFile")

    def fileWriterFileType(self, node):
        """Say as which kind of file a node is written."""
        return next((kind for cls, kind in WRITERS.items() if node.IsA(cls)), "NodeFile")

    def loadNodes(self, fileType, properties, loadedNodes, userMessages=None):
        """Read one file and append its node to a vtkCollection. Return success."""
        fileName = os.path.abspath(str(properties["fileName"]))
        if fileType == "SceneFile":
            return self._loadScene(fileName, properties.get("clear", True))
        name = properties.get("name") or os.path.basename(fileName).split(".")[0]
        if fileType == "VolumeFile":
            node = self._loadVolume(fileName, name, properties)
        else:
            node = self._loadStorable(fileName, name, fileType)
        if node is None:
            return False
        loadedNodes.AddItem(node)
        return True

    def saveNodes(self, fileType, properties, userMessages=None):
        """Write the node `nodeID`, or the scene. Return success."""
        fileName = os.path.abspath(str(properties["fileName"]))
        if fileType == "SceneFile":
            return self._saveScene(fileName, userMessages)
        node = slicer.mrmlScene.GetNodeByID(properties["nodeID"])
        if node.GetStorageNode() is None:
            node.AddDefaultStorageNode(fileName)
        storage = node.GetStorageNode()
        storage.SetFileName(fileName)
        if "useCompression" in properties:
            storage.SetUseCompression(properties["useCompression"])
        return bool(storage.WriteData(node))

    def addDefaultStorageNodes(self):
        """Give every storable node a place to be saved to, as the save dialog does."""

    def _loadScene(self, fileName, clear):
        scene = slicer.mrmlScene
        if clear:
            scene.Clear()
        if fileName.endswith(".mrb"):
            return bool(scene.ReadFromMRB(fileName, False))
        scene.SetURL(fileName)
        return bool(scene.Import(None))  # Connect() would double the subject hierarchy items here

    def _saveScene(self, fileName, userMessages):
        scene = slicer.mrmlScene
        if fileName.endswith(".mrb"):
            return bool(scene.WriteToMRB(fileName, None, *([userMessages] if userMessages is not None else [])))
        if fileName.endswith(".mrml"):
            os.makedirs(os.path.dirname(fileName), exist_ok=True)
            scene.SetURL(fileName)
            scene.SetRootDirectory(os.path.dirname(fileName))
            return bool(scene.Commit(fileName))
        os.makedirs(fileName, exist_ok=True)
        return self._app.applicationLogic().SaveSceneToSlicerDataBundleDirectory(fileName, None)

    def _loadVolume(self, fileName, name, properties):
        bits = {"labelmap": 1, "center": 2, "singleFile": 4}
        options = sum(bit for key, bit in bits.items() if properties.get(key))
        node = slicer.modules.volumes.logic().AddArchetypeVolume(fileName, name, options)
        if node and properties.get("show", True):
            self._app.showVolume(node)
        return node

    def _loadStorable(self, fileName, name, fileType):
        scene = slicer.mrmlScene
        nodeClass, storageClass = READERS[fileType]
        node = scene.AddNewNodeByClass(nodeClass, scene.GenerateUniqueName(name))
        storage = scene.AddNewNodeByClass(storageClass)
        storage.SetFileName(fileName)
        node.SetAndObserveStorageNodeID(storage.GetID())
        if not storage.ReadData(node):
            scene.RemoveNode(node)
            scene.RemoveNode(storage)
            return None
        if hasattr(node, "CreateDefaultDisplayNodes"):
            node.CreateDefaultDisplayNodes()
        return node
