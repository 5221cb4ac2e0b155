"""qMRMLNodeComboBox: the nodes of some classes in the scene, "None", and "Create new"."""

from PySide6 import QtWidgets
from PySide6.QtCore import Property, Signal

from host.widgets.base import Observers, SceneWidget, stored


class qMRMLNodeComboBox(SceneWidget, QtWidgets.QWidget):
    """A list of nodes. Gray until it has a scene.

    With neither "None" nor "Create new" in the list, the first node is selected as soon as there is one; otherwise only when the
    scene is set. Modules should not lean on that: they select their default inputs themselves.

    As in C++, the list does not change while a scene is imported or closed, and a node that is not in the list can not be selected:
    a parameter node that is restored in the middle of an import selects nothing, so a module shows it anew on EndImportEvent.
    """

    currentNodeChanged = Signal(object)
    currentNodeIDChanged = Signal(str)
    _validChanged = Signal(bool)
    nodeActivated = Signal(object)
    nodeAdded = Signal(object)
    nodeAddedByUser = Signal(object)
    nodeAboutToBeRemoved = Signal(object)
    currentNodeRenamed = Signal(str)
    cppSignals = {  # noqa: RUF012
        "currentNodeChanged(vtkMRMLNode*)": "currentNodeChanged",
        "currentNodeChanged(bool)": "_validChanged",
        "nodeActivated(vtkMRMLNode*)": "nodeActivated",
        "nodeAdded(vtkMRMLNode*)": "nodeAdded",
        "nodeAddedByUser(vtkMRMLNode*)": "nodeAddedByUser",
        "nodeAboutToBeRemoved(vtkMRMLNode*)": "nodeAboutToBeRemoved",
    }

    _CREATE, _REMOVE = "<create>", "<remove>"
    _node = None
    _known = ()

    def __init__(self, parent=None):
        super().__init__(parent)
        self._types = ()
        self._attributes = []
        self._observers = Observers(self)
        self._nodeObservers = Observers(self)
        self._box = QtWidgets.QComboBox()
        self._box.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
        self._box.setMinimumContentsLength(12)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._box)
        self._box.activated.connect(self._onActivated)
        self._box.setEnabled(False)

    def currentNode(self):
        """Return the selected node or None."""
        return self._node

    def setCurrentNode(self, node):
        """Select a node, given as node, as ID, or None; a node that is not offered selects nothing."""
        if isinstance(node, str):
            node = self._scene.GetNodeByID(node) if self._scene and node else None
        if node is not None and node.GetID() not in self._known:
            node = None
        self._choose(node)

    def setCurrentNodeID(self, nodeID):
        """Select a node by its ID."""
        self.setCurrentNode(nodeID)

    def setCurrentNodeIndex(self, index):
        """Select the node at a position of the list."""
        self._choose(self.nodeFromIndex(index))

    def nodeFromIndex(self, index):
        """Return the node at a position of the list, or None."""
        return self._scene.GetNodeByID(self._known[index]) if 0 <= index < len(self._known) else None

    def nodeCount(self):
        """Return how many nodes are offered."""
        return len(self._known)

    def addNode(self, nodeType=None):
        """Create a node, as the entry "Create new" does."""
        nodeType = nodeType or self._types[0]
        if nodeType not in self._types:
            raise ValueError(f"addNode was called with {nodeType}, which is not among {self._types}")
        name = self.baseName or nodeType.removeprefix("vtkMRML").removesuffix("Node")
        node = self._scene.CreateNodeByClass(nodeType)
        node.UnRegister(None)
        node.SetName(self._scene.GenerateUniqueName(name))
        for kind, key, value in self._attributes:
            if node.IsA(kind):
                node.SetAttribute(key, value if value is not None else "")
        node = self._scene.AddNode(node)
        if self.selectNodeUponCreation:
            self.setCurrentNode(node)
        self.nodeAddedByUser.emit(node)
        return node

    def removeCurrentNode(self):
        """Remove the selected node from the scene, as its menu entry does."""
        if self._node is not None:
            self._scene.RemoveNode(self._node)

    def addAttribute(self, nodeType, name, value=None):
        """Offer nodes of a class only if they carry an attribute."""
        self._attributes.append((nodeType, name, value))
        self._refill()

    def removeAttribute(self, nodeType, name):
        """Undo `addAttribute`."""
        self._attributes = [one for one in self._attributes if one[:2] != (nodeType, name)]
        self._refill()

    def setNodeTypeLabel(self, label, nodeType):
        """Take the words for a class; the one entry "Create new" does not show them."""

    def _offered(self):
        scene = self._scene
        if scene is None:
            return []
        every = (scene.GetNthNode(i) for i in range(scene.GetNumberOfNodes()))
        return [node for node in every if self._isOffered(node)]

    def _isOffered(self, node):
        if self.showChildNodeTypes:
            fits = any(node.IsA(kind) for kind in self._types)
        else:
            fits = node.GetClassName() in self._types
        if not fits or any(node.IsA(kind) for kind in self.hideChildNodeTypes):
            return False
        if node.GetHideFromEditors() and not self.showHidden:
            return False
        carried = ((node.GetAttribute(name), value) for kind, name, value in self._attributes if node.IsA(kind))
        return all(found is not None and value in (None, found) for found, value in carried)

    def _onScene(self):
        from slicer import vtkMRMLScene

        self._observers.clear()
        scene = self._scene
        self._box.setEnabled(scene is not None)
        if scene:
            self._observers.observe(scene, vtkMRMLScene.NodeAddedEvent, "_onNodeAdded")
            for event in (vtkMRMLScene.NodeRemovedEvent, vtkMRMLScene.EndCloseEvent, vtkMRMLScene.EndImportEvent):
                self._observers.observe(scene, event, "_onSceneEvent")
        self._refill(newScene=True)

    def _onNodeAdded(self, caller, event):
        before = self._known
        if caller.IsImporting():
            return
        self._refill()
        for node in self._offered():
            if node.GetID() not in before:
                self.nodeAdded.emit(node)

    def _onSceneEvent(self, caller, event):
        if not (caller.IsImporting() or caller.IsClosing()):
            self._refill()

    def _refill(self, newScene=False):
        nodes = self._offered()
        self._known = tuple(node.GetID() for node in nodes)
        mustSelect = bool(nodes) and not self.noneEnabled and (newScene or not self.addEnabled)
        self._box.blockSignals(True)
        self._box.clear()
        if self.noneEnabled:
            self._box.addItem(self.noneDisplay, "")
        for node in nodes:
            self._box.addItem(node.GetName() or "", node.GetID())
        if self.addEnabled and self._scene:
            self._box.addItem("Create new ...", self._CREATE)
        self._box.blockSignals(False)
        if self._node is not None and self._node not in nodes:
            self._choose(nodes[-1] if nodes and not self.noneEnabled else None)
        elif self._node is None and mustSelect:
            self._choose(nodes[0])
        self._select()

    def _select(self):
        self._box.blockSignals(True)
        self._box.setCurrentIndex(self._box.findData(self._node.GetID() if self._node else ""))
        self._box.blockSignals(False)

    def _choose(self, node):
        changed = node is not self._node
        self._node = node
        self._select()
        if not changed:
            return
        self._nodeObservers.clear()
        if node is not None:
            self._nodeObservers.observe(node, "ModifiedEvent", "_onNodeModified")
        self.currentNodeChanged.emit(node)
        self._validChanged.emit(node is not None)
        self.currentNodeIDChanged.emit(node.GetID() if node else "")

    def _onNodeModified(self, node, event):
        index = self._box.findData(node.GetID())
        if index >= 0 and self._box.itemText(index) != node.GetName():
            self._box.setItemText(index, node.GetName())
            self.currentNodeRenamed.emit(node.GetName())

    def _onActivated(self, index):
        data = self._box.itemData(index)
        if data == self._CREATE:
            self._select()
            self.addNode()
            return
        self._choose(self._scene.GetNodeByID(data) if data else None)
        self.nodeActivated.emit(self._node)

    def _setNodeTypes(self, nodeTypes):
        if isinstance(nodeTypes, str):
            raise AttributeError(
                f"Property 'nodeTypes' of type 'QStringList' does not accept an object of type str ({nodeTypes})"
            )
        self._types = tuple(nodeTypes)  # PythonQt, too, gives lists of strings back as tuples
        self._refill()

    currentNodeID = Property(str, lambda self: self._node.GetID() if self._node else "", setCurrentNode)
    nodeTypes = Property("QStringList", lambda self: self._types, _setNodeTypes)
    noneEnabled = stored(bool, "noneEnabled", False, "_refill")
    noneDisplay = stored(str, "noneDisplay", "None", "_refill")
    addEnabled = stored(bool, "addEnabled", True, "_refill")
    removeEnabled = stored(bool, "removeEnabled", True)
    editEnabled = stored(bool, "editEnabled", False)
    renameEnabled = stored(bool, "renameEnabled", False)
    showHidden = stored(bool, "showHidden", False, "_refill")
    showChildNodeTypes = stored(bool, "showChildNodeTypes", True, "_refill")
    hideChildNodeTypes = stored("QStringList", "hideChildNodeTypes", (), "_refill")
    selectNodeUponCreation = stored(bool, "selectNodeUponCreation", True)
    baseName = stored(str, "baseName", "")
    interactionNodeSingletonTag = stored(str, "interactionNodeSingletonTag", "")
