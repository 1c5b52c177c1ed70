"""One colour for each method, wherever it is drawn.

Okabe and Ito's set, which colour-blind eyes tell apart; lines differ in their dashes, too.
"""

COLOURS = {
    "original": "#71717a",
    "bicubic": "#e69f00",
    "srcnn": "#56b4e9",
    "espcn": "#009e73",
    "srresnet": "#0072b2",
    "srgan": "#d55e00",
    "interpolation": "#cc79a7",
}
DASHES: dict[str, tuple[float, ...]] = {
    "original": (),
    "bicubic": (1.2, 1.2),
    "srcnn": (5, 1.5),
    "espcn": (3, 1.2, 1, 1.2),
    "srresnet": (8, 2),
    "srgan": (),
}
MIDDLE = "#76767f"  # of text on a transparent ground: legible by day and by night
