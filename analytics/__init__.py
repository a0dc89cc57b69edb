"""PatchPilot Analytics: from the traces of coding agents to numbers one can act on."""

__version__ = "0.1.0"
