"""The commands of patchpilot: each says its arguments and runs. Heavy imports wait inside functions."""
