"""The real Weave trace server on loopback: for tests and for recording, never for production."""
