"""Colours that mean something, the same in every chart and in theme.css; told apart by the colour-blind."""

GREEN = "#10b981"
BLUE = "#3b82f6"

INK = "#737d8c"
"""Text and axes of a chart that no style sheet reaches: readable on white and on near-black."""
RULE = "#8a94a355"
"""Grid lines, on either ground."""
QUIET = "#94a3b8"

CATEGORIES = (
    "#3b82f6", "#e69f00", "#10b981", "#cc79a7", "#56b4e9", "#d55e00", "#b8a900", "#94a3b8",
)  # fmt: skip
"""Kinds without an order: Okabe and Ito's palette, its green and blue replaced by the brand's."""

STATES = {
    "passed": GREEN,
    "failed": "#d55e00",
    "abandoned": "#e69f00",
    "outcome unknown": QUIET,
    "running": BLUE,
}

OUTCOMES = {"fixed": GREEN, "given up": "#d55e00", "open": BLUE}
