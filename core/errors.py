"""What can go wrong, said to the user: one sentence, what happened and what to do."""


class TriptychError(Exception):
    """One sentence for the user. `detail` is for those who want to know more."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail


class BadInput(TriptychError):
    """An invalid setting, question or other input."""


class Unreadable(TriptychError):
    """A file that gives no text."""


class MissingModel(TriptychError):
    """A model that is known but not here; the sentence names the command that brings it."""


class Damaged(TriptychError):
    """Something on disk is not what it should be."""


class OutOfSpace(TriptychError):
    """The disk or the memory is full."""
