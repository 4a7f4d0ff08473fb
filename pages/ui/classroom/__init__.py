"""The parts of the page Class: teacher, wall, phones."""
