"""`slicer.app`, `slicer.mrmlScene`, `slicer.modules`: the running application, without its C++ Qt classes."""
