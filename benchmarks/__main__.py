"""All benchmarks in one table: `make bench`. Ratios are of pairs measured in this one run."""

import importlib
import pkgutil

import benchmarks

COLUMNS = ("what", "ours_seconds", "plain_seconds", "ratio", "demand")


def main() -> None:
    print(" | ".join(COLUMNS))
    for found in pkgutil.iter_modules(benchmarks.__path__):
        if not found.name.startswith("_"):
            module = importlib.import_module(f"benchmarks.{found.name}")
            for row in module.rows():
                print(" | ".join(str(row[column]) for column in COLUMNS), flush=True)


if __name__ == "__main__":
    main()
