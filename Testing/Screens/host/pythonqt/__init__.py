"""PySide6 with the manners of PythonQt, in which Slicer wraps Qt. The change is global to the process."""
