"""Work in the background: the worker that owns the models, taking turns, progress and jobs."""
