"""Vectors on disk, and what finds the nearest of them."""
