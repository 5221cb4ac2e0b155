"""Keys of the module: there while it is open, gone when it is left.

All with Shift, which Slicer's views and its Segment Editor leave free; a text field that has the focus keeps its capital letters.
"""

from collections.abc import Callable, Mapping

KEYS = {
    "next": "Shift+N",
    "previous": "Shift+P",
    "accept": "Shift+A",
    "leaveOut": "Shift+X",
    "paint": "Shift+D",
    "erase": "Shift+E",
    "noTool": "Shift+Q",
    "undo": "Shift+Z",
    "redo": "Shift+Y",
    "compute": "Shift+C",
    "write": "Shift+W",
}
"""Key by action, for every module."""

PERFUSION_KEYS = KEYS | {
    "perfusion": "Shift+B",
    "cbf": "Shift+F",
    "cbv": "Shift+V",
    "mtt": "Shift+M",
    "tmax": "Shift+T",
    "nextVessel": "Shift+J",
    "useVessel": "Shift+U",
    "lookVessel": "Shift+L",
    "automatic": "Shift+K",
    "side": "Shift+S",
    "structure": "Shift+G",
    "overlay": "Shift+O",
    "confirm": "Shift+R",
}
"""Keys of the perfusion module."""

HEMORRHAGE_KEYS = KEYS | {
    "ich": "Shift+I",
    "ivh": "Shift+V",
    "sah": "Shift+H",
    "sdh": "Shift+U",
    "edh": "Shift+R",
    "edema": "Shift+G",
    "click": "Shift+K",
    "structure": "Shift+T",
    "side": "Shift+S",
    "location": "Shift+O",
    "landmarks": "Shift+L",
    "zero": "Shift+B",
    "compare": "Shift+F",
}
"""Keys of the hemorrhage module."""


WIZARD_KEYS = {
    "back": "Alt+Left",
    "next": "Alt+Right",
    "automatic": "Alt+A",
    "steps": "Alt+S",
    "fields": "Alt+F",
    "sign": "Alt+P",
} | {f"answer{number}": f"Alt+{number}" for number in range(1, 10)}
"""Keys of the bar of a guided reading, beside those of the module that a step is done in."""


class Shortcuts:
    """Shortcuts of a window.

    Args:
        actions: what to call by action; each is called without arguments.
        keys: key by action.
    """

    def __init__(self, actions: Mapping[str, Callable[[], None]], keys: Mapping[str, str] = KEYS):
        self._actions, self._keys = actions, keys
        self._shortcuts = []

    def install(self, window) -> None:
        """Make the shortcuts; nothing happens without a window or when they are there."""
        import qt

        if window is None or self._shortcuts:
            return
        for action, call in self._actions.items():
            shortcut = qt.QShortcut(window)
            shortcut.setKey(qt.QKeySequence(self._keys[action]))
            shortcut.connect("activated()", call)
            self._shortcuts.append((shortcut, call))

    def remove(self) -> None:
        """Take them away."""
        for shortcut, call in self._shortcuts:
            shortcut.disconnect("activated()", call)
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._shortcuts = []
