"""Questions whose answers' places are known: read from files, checked against the papers.

    files.py      JSON lines and CSV -> questions as they were written down, and back
    matching.py   a quote -> its place in a paper, or the nearest thing that stands there
    generated.py  what questions that a model wrote may decide, and what not
    finding.py    a question -> the places that hold its words, for who looks for its gold

Gold is kept apart from chunks: a place in a paper survives another way of cutting. Knows no lab.
"""

from core.gold.book import AddedQuestion, Change, Instead, Looked, QuestionBook
from core.gold.by_question import Gold, gold_by_question, trimmed, within_papers
from core.gold.files import Unread, Written, WrittenPassage, read
from core.gold.finding import FoundPlace
from core.gold.generated import REFUSED, about_retrieval, generated
from core.gold.matching import Missed, paper_named, place
from core.store import KeptQuestion

__all__ = [
    "REFUSED",
    "AddedQuestion",
    "Change",
    "FoundPlace",
    "Gold",
    "Instead",
    "KeptQuestion",
    "Looked",
    "Missed",
    "QuestionBook",
    "Unread",
    "Written",
    "WrittenPassage",
    "about_retrieval",
    "generated",
    "gold_by_question",
    "paper_named",
    "place",
    "read",
    "trimmed",
    "within_papers",
]
