"""Anki packages as other people make them."""

import io

import genanki

NUMBER = 1_700_000_000


def package(
    *notes: tuple[str, ...], fields: tuple[str, ...], cloze: bool = False, **templates: str
) -> bytes:
    """A package of one kind of notes; the templates are its fronts, with what the back adds behind
    a bar."""
    sides = [side.split("|") for side in templates.values()]
    model = genanki.Model(
        NUMBER,
        next(iter(templates)),
        fields=[{"name": name} for name in fields],
        templates=[
            {"name": f"Card {at}", "qfmt": front, "afmt": "{{FrontSide}}<hr id=answer>" + back}
            for at, (front, back) in enumerate(sides)
        ],
        model_type=genanki.Model.CLOZE if cloze else genanki.Model.FRONT_BACK,
    )
    deck = genanki.Deck(NUMBER + 1, "School")
    for number, texts in enumerate(notes):
        deck.add_note(genanki.Note(model=model, fields=list(texts), guid=f"note {number}"))
    out = io.BytesIO()
    genanki.Package(deck).write_to_file(out)
    return out.getvalue()
