"""A learner's day: it begins at four in the morning of the clock on the wall, so that who studies
past midnight still studies today.

Summer time changes the clock before four nearly everywhere, so a day has 23, 24 or 25 hours and
none is lost. Knows no card.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import BadInput

BEGINS = time(4)


def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name such as Europe/Berlin. Errors: BadInput for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(
            f"There is no time zone {name!r}; use a name such as Europe/Berlin."
        ) from error


def day_of(at: datetime, where: ZoneInfo) -> date:
    """The learner's day that holds a moment (with its own time zone)."""
    local = at.astimezone(where)
    return local.date() if local.time() >= BEGINS else local.date() - timedelta(days=1)


def begin(day: date, where: ZoneInfo) -> datetime:
    """The moment a day begins, in UTC."""
    return datetime.combine(day, BEGINS, where).astimezone(UTC)


def bounds(at: datetime, where: ZoneInfo) -> tuple[datetime, datetime]:
    """Begin and end of the learner's day that holds a moment, in UTC."""
    day = day_of(at, where)
    return begin(day, where), begin(day + timedelta(days=1), where)
