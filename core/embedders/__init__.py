"""Texts -> vectors. One file = one kind of backend: see core.models.EmbedderBackend."""
