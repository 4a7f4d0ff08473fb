"""Work in the background: the worker that owns the models, taking turns, progress and jobs."""

from core.tasks.background import Job, Jobs, Outcome, Steps, Task, failure
from core.tasks.places import Caller, Places
from core.tasks.progress import Progress, mapped, result_of
from core.tasks.round_robin import round_robin
from core.tasks.stopwatch import Stopwatch
from core.tasks.together import together
from core.tasks.worker import Priority, Ticket, Worker

__all__ = [
    "Caller",
    "Job",
    "Jobs",
    "Outcome",
    "Places",
    "Priority",
    "Progress",
    "Steps",
    "Stopwatch",
    "Task",
    "Ticket",
    "Worker",
    "failure",
    "mapped",
    "result_of",
    "round_robin",
    "together",
]
