"""How fast each model was, over all it has done here. Knows SQL and no unit."""

from core.store.database import Database


class SpeedStore:
    """Errors of every method: as Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, stage: str, model: str, amount: float, seconds: float) -> None:
        """Add to what a model has done in a stage, and to the seconds that took."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO speeds VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " amount = amount + excluded.amount, seconds = seconds + excluded.seconds",
                (stage, model, amount, seconds),
            )

    def all(self) -> dict[tuple[str, str], float]:
        """By stage and model: how much it did a second."""
        rows = self._database.rows("SELECT * FROM speeds WHERE seconds > 0 AND amount > 0")
        return {(row["stage"], row["model"]): row["amount"] / row["seconds"] for row in rows}
