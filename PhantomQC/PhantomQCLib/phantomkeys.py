"""Keys of the module, by the manner of the others: all with Shift."""

PHANTOM_KEYS = {
    "compute": "Shift+C",
    "write": "Shift+W",
    "next": "Shift+N",
    "previous": "Shift+P",
    "swap": "Shift+S",
    "turn": "Shift+T",
    "halfTurn": "Shift+H",
    "mirror": "Shift+M",
    "undo": "Shift+Z",
    "automatic": "Shift+K",
}
