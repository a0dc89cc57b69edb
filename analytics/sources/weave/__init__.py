"""Every format that W&B Weave writes: one module per format, one mapping for all."""
