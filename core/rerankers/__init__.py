"""Question and texts -> scores. A file = one kind of backend: see core.models.RerankerBackend."""
