"""What scripts/soak.py starts on one store: a writer, readers, browser sessions."""
