"""Stand-ins for the ctk and qMRML widgets that the modules use: only what the C++ classes offer to Python, with the same names."""
