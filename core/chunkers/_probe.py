"""A text by which chunkers show what they do: cut at a few sizes, across pages and not.

It holds what makes them differ: headings of all kinds, lists, code blocks, abbreviations, Chinese
and Japanese, one endless word, lines and paragraphs of many lengths. Neither the text, nor the
sizes, nor the tokens may ever change: what is told apart by them would be told apart anew.
"""

import re

from core.types import Paper

SIZES = ((24, 9), (60, 0), (300, 45), (800, 100))  # in each chunker's own unit
TOKEN = re.compile(r"\w{1,5}|[^\w\s]")

# What each chunker made of it when no recipe held that yet: the keys of those runs stay valid. A
# chunker that changes, or comes new, changes nothing here.
FIRST = {
    "headings": "588d42a95a434895",
    "pages": "31668a6c5f90fb95",
    "recursive": "53f65861bb41c3f7",
    "recursive_tokens": "2aa9c02635681645",
    "sentences": "037ac6a1458900fa",
    "tokens": "f7d60d5b68345e88",
    "words": "92ea1bd89dd41881",
}

LIGHTHOUSE = """# The light at Varn

Dr. Ilse Maren, the keeper, lit the lamp on 3.14 litres of oil a night, i.e. less than
approx. 5 pints. Did it burn until dawn? It did! “Never once out,” she wrote (see Fig. 2). J. R.
Holm disagreed: vol. 7, p. 12, speaks of two dark nights in Jan. and one in Feb.

\t
The tower has four floors
=========================

1. The oil room
2. The watch room, where the log lies
   - ### Rules of the watch
   - Wind the clock every 4 hours.
   - Trim the wick; a tall flame smokes, a low one starves.

## Winding the clock ##

```python
# not a heading
def wind(clock, hours=4):
    while clock.weight > 0:

        clock.turn(hours)      # one turn an hour
    return clock
```

~~~
## nor this
~~~

### 灯塔

灯塔很亮。看守人每天晚上点灯，风大的时候也不例外！油要多少？一夜三升。
瓦恩的灯从一八七四年亮到今天。「まだ消えたことがない」と彼女は書いた。塔は四階建てで、階段は百段ある。

#NoHeading, but a word. #

###### A heading without text
#### And the next one

"""
STORM = """The storm of 1911 broke two panes… The keeper's daughter held a sail before them for six
hours, "until my arms were not my own". Waves of eleven metres were seen from the gallery, and spray
ran down the inside of the lantern like rain on a window pane! Who has seen such a slow train, which
stops at every station between the coast and the capital? It takes on milk and mail and sheep and \
nobody who is in a hurry, or who has anything else to do than to look at the rain on a window pane

A short one.

By Al. M. Oy, approx. Two or so, cf. Ann and Bo. By Dr. Ing. By eq. A and eqs. B, since it was est.
Nine or ten. In fig. A and figs. B, incl. C. So Mr. A and Mrs. B and Ms. C met Prof. D. See ref. A
and refs. B, resp. C in sec. D of St. E, tab. F vs. G. In app. 1 of art. 2, ch. 3, no. 4, nos. 5,
p. 6, pp. 7, pt. 8, vol. 9. End.

Line after line
of a log that
nobody wrapped:
wind W, 9
wind WNW, 10
wind NW, 11
lamp lit
lamp lit
lamp lit

> ## A heading that is quoted
> - and a list

"""
ENDLESS = "Donaudampfschifffahrt" + "selektrizitätenhauptbetriebswerkbauunterbeamten" * 8
TAIL = """
A family 👨‍👩‍👧 and a tower 🗼 of signs; e\u0301 in two parts,
\u00a0 a space that is none, and \u200b.


The end has no full stop, and no newline, and says the same thing again and again, """ + (
    "the same thing again and again, " * 12
)
PAGES = (LIGHTHOUSE, STORM, "", ENDLESS + TAIL)
STARTS = tuple(len("".join(PAGES[:page])) for page in range(len(PAGES)))
PAPER = Paper(
    id="probe",
    title="The light at Varn",
    text="".join(PAGES),
    page_starts=STARTS,
    source="probe.md",
    kind="markdown",
)


def tokens(text: str) -> list[tuple[int, int]]:
    """No model's: at most five letters each; what lies outside the basic plane is two tokens at one
    place, as with tokenizers that count bytes."""
    return [
        sign.span() for sign in TOKEN.finditer(text) for _ in range(1 + (sign[0] > "\U0000ffff"))
    ]
