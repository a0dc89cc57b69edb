"""A small self-healing loop: agents that test, diagnose, patch, verify and deploy a web shop."""
