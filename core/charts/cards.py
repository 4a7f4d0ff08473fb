"""Charts of studying: reviews a day, what is to come, how much was still known, the hardest cards.

Takes days and counts, so it knows no log, no learner and no clock.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from core.charts.chart import Chart
from core.charts.palette import FAILURE, INK, SCALE, Theme
from core.charts.style import dressed, short, ticks
from core.types import Card, Memory

WEEKS = 26  # in the calendar
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
COMING = 30  # days in the forecast
MATURE = 21  # days between two reviews from which a card is called mature, as in Anki
HARDEST = 12


def calendar(reviews: Mapping[date, int], today: date, theme: Theme) -> Chart:
    """How many reviews there were on each day of the last half year, a column a week."""
    name = "reviews a day"
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=WEEKS - 1)
    shown = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    total = sum(reviews.get(day, 0) for day in shown)
    if not total:
        missing = "Nothing was reviewed in the last half year; study some cards first."
        return Chart(name=name, title="Reviews a day", missing=missing)
    from core.charts.drawing import Figure

    busy = [day for day in shown if reviews.get(day, 0)]
    title = f"{total:,} reviews on {len(busy):,} of {len(shown):,} days"
    figure = Figure()
    figure.add_heatmap(
        x=[(day - first).days // 7 for day in shown],
        y=[day.weekday() for day in shown],
        z=[reviews.get(day, 0) for day in shown],
        customdata=[f"{day:%a %d %b %Y}" for day in shown],
        colorscale=SCALE[theme],
        zmin=0,
        xgap=3,
        ygap=3,
        colorbar={"title": "reviews", "thickness": 10, "outlinewidth": 0},
        hovertemplate="%{customdata}: %{z} reviews<extra></extra>",
    )
    dressed(figure, title, f"n = {total:,} reviews since {first}", theme, height=220, wide=True)
    months = [n for n in range(WEEKS) if (first + timedelta(weeks=n)).day <= 7]
    labels = [f"{first + timedelta(weeks=n):%b}" for n in months]
    figure.update_xaxes(tickvals=months, ticktext=labels, showgrid=False)
    figure.update_yaxes(**ticks(WEEKDAYS))
    figure.update_yaxes(autorange="reversed", range=None)
    rows = [{"day": str(day), "reviews": reviews[day]} for day in busy]
    return Chart(
        name=name, title=title, counted=f"n = {total:,}", figure=figure, rows=rows, wide=True
    )


def forecast(due: Mapping[int, int], today: date, theme: Theme) -> Chart:
    """How many cards come again on each of the next days; what is overdue counts for today."""
    name = "forecast"
    if not due:
        missing = "No card was studied yet, so none comes again."
        return Chart(name=name, title="What comes again", missing=missing)
    from core.charts.drawing import Figure

    days = range(COMING)
    counts = [due.get(day, 0) for day in days]
    busiest = max(days, key=lambda day: counts[day])
    later = sum(count for day, count in due.items() if day >= COMING)
    title = f"{counts[0]:,} today, {sum(counts[:7]):,} within a week"
    if counts[busiest]:
        title += f"; most on {today + timedelta(days=busiest):%a %d %b} ({counts[busiest]:,})"
    counted = f"n = {sum(due.values()):,} studied cards"
    counted += f"; {later:,} of them come later than in {COMING} days" if later else ""
    figure = Figure()
    figure.add_bar(
        x=[str(today + timedelta(days=day)) for day in days],
        y=counts,
        marker={"color": INK[theme]},
        hovertemplate="%{x}: %{y} cards<extra></extra>",
    )
    dressed(figure, title, counted, theme, height=260)
    figure.update_xaxes(showgrid=False, type="date", tickformat="%d %b")
    figure.update_yaxes(title_text="cards", rangemode="tozero")
    rows = [
        {"day": str(today + timedelta(days=day)), "cards": count}
        for day, count in zip(days, counts, strict=True)
    ]
    return Chart(name=name, title=title, counted=counted, figure=figure, rows=rows)


def retention(recalls: Sequence[tuple[float, bool]], wished: float, theme: Theme) -> Chart:
    """How much was still known when it came again, for young and for mature cards. `recalls` are
    pairs (days since the review before, whether it was known); `wished` is a share (0..1)."""
    name = "retention by maturity"
    groups = {
        f"young (1 to {MATURE - 1} days)": [known for d, known in recalls if 1 <= d < MATURE],
        f"mature ({MATURE} days and more)": [known for d, known in recalls if d >= MATURE],
    }
    held = {label: known for label, known in groups.items() if known}
    if not held:
        missing = "No card came again after a day or more yet; it takes a few days of study."
        return Chart(name=name, title="What was still known", missing=missing)
    from core.charts.drawing import Figure

    shares = {label: 100 * sum(known) / len(known) for label, known in held.items()}
    title = ", ".join(f"{label.split(' ')[0]} {share:.0f} %" for label, share in shares.items())
    title = f"Still known when it came again: {title}; wished are {100 * wished:.0f} %"
    numbers = [f"{len(known):,} {label.split(' ')[0]}" for label, known in held.items()]
    counted = f"n = {', '.join(numbers)}"
    figure = Figure()
    figure.add_bar(
        x=list(shares.values()),
        y=list(range(len(shares))),
        orientation="h",
        width=0.5,
        marker={"color": INK[theme]},
        text=[f"{share:.0f} % of {len(held[label]):,}" for label, share in shares.items()],
        textposition="inside",
        hovertemplate="%{x:.0f} % known<extra></extra>",
    )
    figure.add_vline(x=100 * wished, line={"color": FAILURE[theme], "dash": "dot"})
    dressed(figure, title, counted, theme, height=90 + 60 * len(shares))
    figure.update_xaxes(title_text="% still known", range=[0, 100])
    figure.update_yaxes(**ticks(list(shares)))
    rows = [
        {"cards": label, "known": sum(known), "n": len(known), "% known": round(shares[label], 1)}
        for label, known in held.items()
    ]
    return Chart(name=name, title=title, counted=counted, figure=figure, rows=rows)


def hardest(studied: Sequence[tuple[Card, Memory]], theme: Theme) -> Chart:
    """The cards that were forgotten most often."""
    name = "hardest cards"
    forgotten = [(card, memory) for card, memory in studied if memory.lapses]
    if not forgotten:
        missing = "No card that had been learned was forgotten."
        return Chart(name=name, title="Hardest cards", missing=missing)
    from core.charts.drawing import Figure

    forgotten.sort(key=lambda each: (-each[1].lapses, -each[1].difficulty, each[0].question))
    shown = forgotten[:HARDEST]
    title = f"{len(forgotten):,} of {len(studied):,} studied cards were forgotten once or more"
    counted = f"n = {len(studied):,} studied cards; the {len(shown)} hardest are drawn"
    figure = Figure()
    figure.add_bar(
        x=[memory.lapses for _, memory in shown],
        y=list(range(len(shown))),
        orientation="h",
        width=0.55,
        marker={"color": INK[theme]},
        customdata=[short(card.question, 120) for card, _ in shown],
        hovertemplate="%{customdata}<br>forgotten %{x} times<extra></extra>",
    )
    dressed(figure, title, counted, theme, height=80 + 30 * len(shown))
    figure.update_xaxes(title_text="times forgotten", rangemode="tozero", dtick=1)
    figure.update_yaxes(**ticks([card.question for card, _ in shown]))
    figure.update_yaxes(range=[len(shown) - 0.4, -0.6])
    rows = [
        {
            "question": card.question,
            "deck": card.deck,
            "forgotten": memory.lapses,
            "reviews": memory.reviews,
            "difficulty (1-10)": round(memory.difficulty, 1),
        }
        for card, memory in forgotten
    ]
    return Chart(name=name, title=title, counted=counted, figure=figure, rows=rows)
