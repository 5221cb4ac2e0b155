"""The names that `slicer.parameterNodeWrapper` exports."""

import types

from host.parameters import annotations, containers, pack, wrapper

EXPORTS = {
    annotations: ("Validator WithinRange Minimum Maximum Choice Exclude RangeBounds Default Decimals SingleStep"),
    containers: "FloatRange",
    pack: "parameterPack isParameterPack",
    wrapper: "parameterNodeWrapper isParameterNodeWrapper",
}


def build() -> types.ModuleType:
    """Return the module."""
    module = types.ModuleType("slicer.parameterNodeWrapper")
    for source, names in EXPORTS.items():
        for name in names.split():
            setattr(module, name, getattr(source, name))
    return module
