"""Items of the subject hierarchy. In Slicer a Qt plugin logic makes them; without it a node has none."""

import slicer
import vtk

CLASSES = (
    "vtkMRMLDisplayableNode",
    "vtkMRMLTableNode",
    "vtkMRMLTextNode",
    "vtkMRMLSequenceNode",
    "vtkMRMLPlotChartNode",
)


class HierarchyUpkeep:
    """Adds an item with each node, removes it with the node or the scene, completes the items after an import."""

    def __init__(self, scene):
        self._scene = scene
        events = slicer.vtkMRMLScene
        for event, method in (
            (events.NodeAddedEvent, self._withNode("_onAdded")),
            (events.NodeAboutToBeRemovedEvent, self._withNode("_onRemoved")),
            (events.EndImportEvent, self._onImported),
            (events.EndCloseEvent, self._onClosed),
        ):
            scene.AddObserver(event, method)

    def _withNode(self, name):
        @vtk.calldata_type(vtk.VTK_OBJECT)
        def forward(caller, event, node):
            getattr(self, name)(node)

        return forward

    def _items(self):
        return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(self._scene)

    def _onAdded(self, node):
        if not self._scene.IsImporting():  # the items of a scene file come with the file
            self._add(node)

    def _add(self, node):
        if not any(node.IsA(cls) for cls in CLASSES) or node.GetHideFromEditors():
            return
        items = self._items()
        if not items.GetItemByDataNode(node):
            items.CreateItem(items.GetSceneItemID(), node)

    def _onRemoved(self, node):
        if node.IsA("vtkMRMLSubjectHierarchyNode") or self._scene.IsClosing():
            return
        items = self._items()
        item = items.GetItemByDataNode(node) if items else 0
        if item:
            items.RemoveItem(item, False, False)

    def _onImported(self, caller, event):
        slicer.vtkMRMLSubjectHierarchyNode.ResolveSubjectHierarchy(self._scene)
        for index in range(self._scene.GetNumberOfNodes()):
            self._add(self._scene.GetNthNode(index))

    def _onClosed(self, caller, event):
        self._items().RemoveAllItems(True)  # else it keeps the removed nodes alive
