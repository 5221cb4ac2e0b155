"""`slicer.parameterNodeWrapper` with Slicer's semantics: typed parameters kept in a MRML node and bound to widgets.

Written from the documented behavior. The texts in the node are Slicer's, so a scene saved there opens here and the other way round.
"""
