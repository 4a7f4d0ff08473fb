"""Many sessions at once, for as long as one likes: `make soak`."""
