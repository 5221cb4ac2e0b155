"""`@parameterNodeWrapper`: annotated attributes that live in a vtkMRMLScriptedModuleNode.

As in Slicer, the defaults are written into the node when the wrapper is made, and each must pass its own limits. Stricter: an
attribute that is no parameter raises AttributeError, where Slicer's wrapper keeps it and stores nothing.
"""

import vtk

from host.parameters.gui import connect_all
from host.parameters.pack import annotated_kinds, data_type, get_value, reserve, set_value, split_name

_METHODS = (
    "default",
    "isCached",
    "dataType",
    "getValue",
    "setValue",
    "connectGui",
    "connectParametersToGui",
    "disconnectGui",
    "StartModify",
    "EndModify",
    "AddObserver",
    "RemoveObserver",
    "Modified",
    "allParameters",
)


def _parameter(name, kind):
    def read(self):
        key = self._prefix + name
        if not kind.has(self.parameterNode, key):
            kind.store(self.parameterNode, key, kind.default.value)
        return kind.read(self.parameterNode, key)

    def write(self, value):
        try:
            kind.store(self.parameterNode, self._prefix + name, value)
        except (TypeError, ValueError) as refusal:
            raise type(refusal)(f"{type(self).__name__}.{name}: {refusal}") from None

    return property(read, write)


def _init(self, parameterNode, prefix=None):
    self.__dict__.update(
        parameterNode=parameterNode, _prefix=prefix or "", _connections={}, _nextTag=0, _updating=False
    )
    for name, kind in self._kinds.items():
        if not kind.has(parameterNode, self._prefix + name):
            setattr(self, name, kind.default.value)


def _assign(self, name, value):
    if name not in self._kinds:
        raise AttributeError(f"{type(self).__name__} has no parameter {name!r}")
    object.__setattr__(self, name, value)


def _default(self, name):
    return self._kinds[split_name(self, name)[0]].default


def _is_cached(self, name):
    split_name(self, name)
    return False


def _show_all(self):
    import slicer

    if self._updating:
        return
    self.__dict__["_updating"] = True
    try:
        with slicer.util.NodeModify(self):
            for bindings, _ in self._connections.values():
                for name, binding in bindings.items():
                    binding.write(self.getValue(name))
    finally:
        self.__dict__["_updating"] = False


def _on_widget(self, name, binding):
    import slicer

    def changed(*arguments):
        if not self._updating:
            with slicer.util.NodeModify(self):
                self.setValue(name, binding.read())

    return changed


def _connect_parameters(self, mapping):
    bindings = connect_all(self, mapping)
    tag = self._nextTag
    self.__dict__["_nextTag"] += 1
    for name, binding in bindings.items():
        binding.write(self.getValue(name))
        binding.connect(_on_widget(self, name, binding))
    observer = self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda caller, event: _show_all(self))
    self._connections[tag] = (bindings, observer)
    return tag


def _connect_gui(self, gui):
    """Bind every widget with the dynamic property `SlicerParameterName`; `gui` is a widget or what childWidgetVariables returns."""
    import qt

    widgets = gui.findChildren(qt.QWidget) if isinstance(gui, qt.QWidget) else list(vars(gui).values())
    return _connect_parameters(
        self, {w.property("SlicerParameterName"): w for w in widgets if w.property("SlicerParameterName")}
    )


def _disconnect_gui(self, tag):
    bindings, observer = self._connections.pop(tag, ({}, None))
    for binding in bindings.values():
        binding.disconnect()
    if observer is not None:
        self.RemoveObserver(observer)


def parameterNodeWrapper(cls=None):
    """Class decorator, with or without parentheses."""
    if cls is None:
        return parameterNodeWrapper
    cls._kinds = annotated_kinds(cls)
    reserve(cls, _METHODS)
    for name, kind in cls._kinds.items():
        setattr(cls, name, _parameter(name, kind))
    cls.__init__, cls.__setattr__ = _init, _assign
    cls.allParameters = cls._kinds
    cls.default, cls.isCached, cls.dataType = _default, _is_cached, classmethod(data_type)
    cls.getValue, cls.setValue = get_value, set_value
    cls.connectGui, cls.connectParametersToGui, cls.disconnectGui = _connect_gui, _connect_parameters, _disconnect_gui
    cls.StartModify = lambda self: self.parameterNode.StartModify()
    cls.EndModify = lambda self, state: self.parameterNode.EndModify(state)
    cls.AddObserver = lambda self, event, callback, priority=0.0: self.parameterNode.AddObserver(
        event, callback, priority
    )
    cls.RemoveObserver = lambda self, tag: self.parameterNode.RemoveObserver(tag)
    cls.Modified = lambda self: self.parameterNode.Modified()
    return cls


def isParameterNodeWrapper(one) -> bool:
    """Say whether a class or object is a wrapper."""
    return hasattr(one, "_connections") or (isinstance(one, type) and hasattr(one, "connectParametersToGui"))
