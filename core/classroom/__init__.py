"""A class: its rules, the lesson, what students ask, and the gateway their phones come in by."""

from core.classroom import rules
from core.classroom.gateway import MARK
from core.classroom.lesson import Classes, Server
from core.classroom.questions import ClassQuestions

__all__ = ["MARK", "ClassQuestions", "Classes", "Server", "rules"]
