"""Files of tables: the runs of a comparison, a line for each."""

import csv
from collections import Counter

from .measures import MEASURES


def parse_wholes(text):
    return [int(number) for number in text.split()]


def parse_reals(text):
    return [float(number) for number in text.split()]


COLUMNS = {  # of the table -> what reads a cell that is not empty
    "data": str, "start": float, "wrong_labels": float, "arm": str, "seed": int, "k": int,
    "rate": float, "chosen": str, "diverged_in_epoch": int,
    **dict.fromkeys([f"{part}_{name}" for part in ("val", "test") for name in MEASURES], float),
    "early_accuracy": float, "epochs_to_90": int, "gradient_norm": float,
    "good_rates": parse_reals, "val_rows": int, "test_rows": int,
    "val_right_by_epoch": parse_wholes,
}


def write_table(table, measure, path):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for row in table:
            row = row | {"chosen": measure if row["chosen"] else None}
            writer.writerow({name: " ".join(map(str, value)) if isinstance(value, list) else value
                             for name, value in row.items()})


def read_table(path):
    """(table, measure) of a file; a ValueError, with the line, for anything but a whole table."""
    table = []
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != [*COLUMNS]:
            raise ValueError(f"{path} does not hold the table of a comparison: its columns are "
                             f"{reader.fieldnames}")
        for row in reader:
            try:
                table.append({name: make(row[name]) if row[name] != "" else None
                              for name, make in COLUMNS.items()})
            except (ValueError, TypeError, AttributeError) as error:
                raise ValueError(f"{path}, line {reader.line_num}: a cell is missing, or is not "
                                 "what its column holds") from error
    check_whole(table, path)
    measure, = {row["chosen"] for row in table} - {None} or {"test_accuracy"}
    return [row | {"chosen": row["chosen"] is not None} for row in table], measure


def check_whole(table, path):
    """Raise ValueError unless there is a run for each data set, condition, arm and seed, at each of
    the rates of these.
    """
    values = {name: {row[name] for row in table} for name in ("data", "arm", "seed", "chosen")}
    conditions = {(row["start"], row["wrong_labels"]) for row in table}
    runs = Counter((row["data"], row["start"], row["wrong_labels"], row["arm"], row["rate"],
                    row["seed"]) for row in table)
    groups = {run[:4] for run in runs}
    per_rate = Counter(run[:5] for run in runs)
    if (min(len(values["arm"]), len(values["seed"])) < 2 or set(runs.values()) != {1}
            or len(groups) != len(values["data"]) * len(conditions) * len(values["arm"])
            or set(per_rate.values()) != {len(values["seed"])}
            or len(values["chosen"] - {None}) > 1):
        raise ValueError(f"{path} does not hold a whole table of a comparison: there must be two "
                         "arms and two seeds, one run for each data set, condition, arm, rate and "
                         "seed, and one measure in the column chosen")
