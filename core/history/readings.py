"""Runs made with other readings of papers than those that are here: what a reader must know."""

from collections.abc import Sequence
from dataclasses import replace

from core import labels
from core.store import Store
from core.types import Run


def noted(runs: Sequence[Run], store: Store) -> tuple[Run, ...]:
    """The same runs, each with a note on the papers that were read in another way for it."""
    papers = {run.id: {*run.paper_ids, *(hit.chunk.paper_id for hit in run.hits)} for run in runs}
    now_here = store.readings.now_here(set().union(*papers.values()))
    titles = {row.id: row.title for row in store.papers.rows(now_here.values())}
    noted = []
    for run in runs:
        # those whose chunks were used come first
        ids = dict.fromkeys([*(hit.chunk.paper_id for hit in run.hits), *sorted(papers[run.id])])
        changed = [titles[now_here[each]] for each in ids if each in now_here]
        note = [_sentence(run, changed)] if changed else []
        noted.append(replace(run, notes=(*run.notes, *note)))
    return tuple(noted)


def others(run_ids: tuple[str, ...], store: Store) -> frozenset[str]:
    """Those of the runs, by their ids, that would be noted."""
    papers = store.facts.papers(run_ids)
    now_here = store.readings.now_here(set().union(*papers.values()))
    return frozenset(run_id for run_id, ids in papers.items() if not ids.isdisjoint(now_here))


def _sentence(run: Run, titles: Sequence[str]) -> str:
    """A run of another lab may as well be the later one."""
    which = "an earlier" if run.origin == "lab" else "another"
    more = f" and {labels.counted(len(titles) - 1, 'more paper')}" if len(titles) > 1 else ""
    return f"Made with {which} reading of “{titles[0]}”{more}."
