"""Texts -> vectors. One file = one kind of backend (see core.models.registry).

Beside `models` and `load` each offers

    reading(model) -> (tokenizer, window)       those of the loaded model, without its weights

so that what a model would read of a text can be told before it is loaded.
"""
