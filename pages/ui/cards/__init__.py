"""The parts of the page Cards."""
