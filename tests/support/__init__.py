"""What tests of several files make, read and talk to; the small backends are in tests/backends."""
