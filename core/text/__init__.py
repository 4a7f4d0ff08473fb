"""Texts as such: their sentences, their words, and the cells of a table. Pure."""
