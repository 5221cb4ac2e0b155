"""Effects of the Segment Editor as far as scripts see them: a name and parameters kept in the segment editor node."""

# Slicer's own, in its order. Here only Paint and Erase change voxels, by host.strokes.
EFFECT_NAMES = (
    "Threshold",
    "Paint",
    "Draw",
    "Erase",
    "Level tracing",
    "Grow from seeds",
    "Fill between slices",
    "Margin",
    "Hollow",
    "Smoothing",
    "Scissors",
    "Islands",
    "Logical operators",
    "Mask volume",
)
# Slicer's defaults: relative brush of 3 % of the view's height, a disc in the slice.
COMMON_DEFAULTS = {
    "BrushDiameterIsRelative": "1",
    "BrushRelativeDiameter": "3",
    "BrushAbsoluteDiameter": "10",
    "BrushSphere": "0",
    "EditIn3DViews": "0",
    "ColorSmudge": "0",
}


class qSlicerSegmentEditorAbstractEffect:
    """One effect. What a real effect does by mouse or button is not here."""

    def __init__(self, name, editorNode):
        self.name = name
        self._editorNode = editorNode  # callable: the node of the editor may change

    def parameter(self, name):
        """Return a parameter as text."""
        found = self._editorNode().GetAttribute(f"{self.name}.{name}")
        return found if found is not None else self.commonParameter(name)

    def setParameter(self, name, value):
        """Set a parameter of this effect."""
        self._editorNode().SetAttribute(f"{self.name}.{name}", str(value))

    def commonParameter(self, name):
        """Return a parameter that all effects share, as text."""
        found = self._editorNode().GetAttribute(name)
        return found if found is not None else COMMON_DEFAULTS.get(name, "")

    def setCommonParameter(self, name, value):
        """Set a parameter that all effects share."""
        self._editorNode().SetAttribute(name, str(value))

    def doubleParameter(self, name):
        """Return a parameter as number."""
        return float(self.parameter(name))

    def integerParameter(self, name):
        """Return a parameter as whole number."""
        return int(self.parameter(name))

    def self(self):
        """Refuse: the Python class of a scripted effect is not in the host."""
        raise NotImplementedError(f"effect {self.name!r}: the host has no effects that act from a script")
