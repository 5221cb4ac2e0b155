"""What a module leaves behind: nodes in the scene, observers on the objects that outlive it."""

import collections
import gc
import re

import slicer

from host.widgets.base import Observers


def nodes() -> collections.Counter:
    """Return how many nodes of each class the scene has."""
    scene = slicer.mrmlScene
    return collections.Counter(scene.GetNthNode(index).GetClassName() for index in range(scene.GetNumberOfNodes()))


def observers_of(subject) -> collections.Counter:
    """Return how many observers a VTK object has, by event. VTK tells it only in print, and most MRML nodes do not print it."""
    return collections.Counter(re.findall(r"^\s*Event: (\d+)", str(subject), re.MULTILINE))


def _subjects():
    scene = slicer.mrmlScene
    yield "scene", scene
    logic = slicer.app.applicationLogic()
    for name in ("GetSelectionNode", "GetInteractionNode"):
        yield name[3:], getattr(logic, name)()
    for index in range(scene.GetNumberOfNodes()):
        node = scene.GetNthNode(index)
        if node.GetSingletonTag():
            yield node.GetID(), node


def observers() -> dict:
    """Return the observers of the scene and of the nodes that outlive it."""
    found = {}
    for name, subject in _subjects():
        for event, count in observers_of(subject).items():
            found[(name, event)] = count
    return found


def observations(widget) -> list[str]:
    """Return what a module's widget object still observes after its cleanup; MRML nodes do not tell it themselves."""
    kept = getattr(widget, "Observations", [])
    return [f"{type(widget).__name__} still observes {one[0].GetClassName()}: {one[2].__name__}" for one in kept]


def settle() -> None:
    """Let Qt and Python let go of what nobody holds."""
    slicer.app.processEvents()
    gc.collect()
    Observers.sweep()
    slicer.app.processEvents()


class Baseline:
    """The state before a test, to compare with the state after it."""

    def __init__(self):
        settle()
        self._nodes, self._observers = nodes(), observers()
        self._subjects = {name for name, _ in _subjects()}

    def differences(self) -> list[str]:
        """Return what there is more of than before."""
        settle()
        more = [f"{count} {name} left in the scene" for name, count in (nodes() - self._nodes).items()]
        for (name, event), count in observers().items():
            extra = count - self._observers.get((name, event), 0)
            if extra > 0 and name in self._subjects:
                more.append(f"{extra} observer(s) of event {event} left on {name}")
        return more
