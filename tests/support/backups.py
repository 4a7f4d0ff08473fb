"""Jobs of the storage, done to their end, and what they leave."""

from core.lab import Lab
from core.storage.backups import Backup
from core.tasks.background import Job


def ended(job: Job) -> str:
    """The sentence of a job that goes well."""
    job.join()
    assert job.error is None, job.error.sentence + job.error.detail
    assert job.outcome
    return job.outcome.sentence


def backed_up(lab: Lab) -> Backup:
    ended(lab.storage.back_up())
    return lab.storage.backups()[0]


def files(lab: Lab, folder: str) -> set[str]:
    return {path.name for path in (lab.settings.data / folder).glob("*")}
