"""Question and texts -> scores. One file = one kind of backend (see core.models.registry)."""
