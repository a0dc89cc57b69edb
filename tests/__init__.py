"""Tests, in the folders of what they test; and what several of them share."""
