"""Files of tables: the runs of a comparison, a line for each."""

import csv
from collections import Counter

from .measures import MEASURES


def parse_flag(text):
    return {"true": True, "false": False}[text.lower()]


def parse_wholes(text):
    return [int(number) for number in text.split()]


def parse_reals(text):
    return [float(number) for number in text.split()]


COLUMNS = {  # of the table -> what reads a cell that is not empty
    "data": str, "start": float, "wrong_labels": float, "arm": str, "seed": int, "k": int,
    "rate": float, "chosen": parse_flag, "diverged_in_epoch": int,
    **dict.fromkeys([f"{part}_{name}" for part in ("val", "test") for name in MEASURES], float),
    "early_accuracy": float, "epochs_to_90": int, "gradient_norm": float,
    "good_rates": parse_reals, "val_rows": int, "test_rows": int,
    "val_right_by_epoch": parse_wholes,
}


def write_table(table, path):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for row in table:
            writer.writerow({name: " ".join(map(str, value)) if isinstance(value, list) else value
                             for name, value in row.items()})


def read_table(path):
    """The table of a file; a ValueError, with the line, for anything but a whole one."""
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
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ValueError(f"{path}, line {reader.line_num}: a cell is missing, or is not "
                                 "what its column holds") from error
    check_whole(table, path)
    return table


def check_whole(table, path):
    """Raise ValueError unless each arm has a run for each of its rates and each seed."""
    runs = Counter((row["data"], row["start"], row["wrong_labels"], row["arm"], row["rate"])
                   for row in table)
    seeds = {row["seed"] for row in table}
    single = {(*row.values(),)[:7] for row in table}
    if (len({row["arm"] for row in table}) < 2 or len(seeds) < 2 or len(single) < len(table)
            or set(runs.values()) != {len(seeds)}):
        raise ValueError(f"{path} does not hold a whole table of a comparison: there must be two "
                         "arms and two seeds, and one run for each data set, condition, arm, rate "
                         "and seed")
