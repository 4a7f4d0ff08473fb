"""Pure numbers about hits and answers, and the statistics over them. Knows no model, no store and
no page."""

from core.metrics import agreement, calibration, powered, reference, retrieval, statistics, votes
from core.metrics.agreement import Alpha, alpha
from core.metrics.calibration import ENOUGH_SHARED, Calibration, JudgedPair, calibrate
from core.metrics.choice import MARGIN, TOO_FEW
from core.metrics.diagnosis import KINDS, Diagnosis, Share, diagnose_all, repeated_share, shares
from core.metrics.differences import differences
from core.metrics.gold import held, sought, within
from core.metrics.instructions import instructions
from core.metrics.marks import mean_marks
from core.metrics.memo import at_the_price, memo
from core.metrics.powered import Corrected, corrected
from core.metrics.retrieval import best_overlap, of_other_readings, relevant
from core.metrics.statistics import ALPHA, Difference, Interval, means, repeat_noise, tied_with_best
from core.metrics.summary import (
    ALIKE,
    MeasuredQuestion,
    SettingOutcome,
    Summary,
    summarise,
)
from core.metrics.support import sentences, supported_share
from core.metrics.votes import Agreement, Strength

__all__ = [
    "ALIKE",
    "ALPHA",
    "ENOUGH_SHARED",
    "KINDS",
    "MARGIN",
    "TOO_FEW",
    "Agreement",
    "Alpha",
    "Calibration",
    "Corrected",
    "Diagnosis",
    "Difference",
    "Interval",
    "JudgedPair",
    "MeasuredQuestion",
    "SettingOutcome",
    "Share",
    "Strength",
    "Summary",
    "agreement",
    "alpha",
    "at_the_price",
    "best_overlap",
    "calibrate",
    "calibration",
    "corrected",
    "diagnose_all",
    "differences",
    "held",
    "instructions",
    "mean_marks",
    "means",
    "memo",
    "of_other_readings",
    "powered",
    "reference",
    "relevant",
    "repeat_noise",
    "repeated_share",
    "retrieval",
    "sentences",
    "shares",
    "sought",
    "statistics",
    "summarise",
    "supported_share",
    "tied_with_best",
    "votes",
    "within",
]
