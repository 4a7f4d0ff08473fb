"""Runs made with other readings of papers than those that are here: what a reader must know."""

from collections.abc import Sequence
from dataclasses import replace

from core.store import Store
from core.types import Run


def noted(runs: Sequence[Run], store: Store) -> tuple[Run, ...]:
    """The same runs, each with a note on the papers that were read in another way for it."""
    papers = {run.id: {*run.paper_ids, *(hit.chunk.paper_id for hit in run.hits)} for run in runs}
    now_here = store.readings.now_here(set().union(*papers.values()))
    titles = {row.id: row.title for row in store.papers.rows(now_here.values())}
    others = {
        run_id: [titles[now_here[each]] for each in sorted(ids & now_here.keys())]
        for run_id, ids in papers.items()
    }
    return tuple(
        replace(run, notes=(*run.notes, _sentence(run, others[run.id]))) if others[run.id] else run
        for run in runs
    )


def others(run_ids: tuple[str, ...], store: Store) -> frozenset[str]:
    """Those of the runs, by their ids, that would be noted."""
    papers = store.facts.papers(run_ids)
    now_here = store.readings.now_here(set().union(*papers.values()))
    return frozenset(run_id for run_id, ids in papers.items() if not ids.isdisjoint(now_here))


def _sentence(run: Run, titles: Sequence[str]) -> str:
    """A run of another lab may as well be the later one."""
    which = "an earlier" if run.origin == "lab" else "another"
    if len(titles) == 1:
        return f"Made with {which} reading of “{titles[0]}”: the text that is here is another."
    return (
        f"Made with {which} reading of {len(titles):,} papers, among them “{titles[0]}”: the texts"
        " that are here are others."
    )
