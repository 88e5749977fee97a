"""The figures of a CSV file as pandas has them, as JSON."""

import json
import sys

import pandas

path = sys.argv[1]
table = pandas.read_csv(path)
# As it is written, for what is counted by its text.
text = pandas.read_csv(path, dtype=str)
raw = pandas.read_csv(path, dtype=str, keep_default_na=False)


def numbers(column):
    if column.dtype == bool or not pandas.api.types.is_numeric_dtype(column) or column.count() == 0:
        return None
    figures = {"min": column.min(), "max": column.max(), "mean": column.mean(), "stddev": column.std()}
    for name, share in (("25%", 0.25), ("50%", 0.5), ("75%", 0.75)):
        figures[name] = column.quantile(share)
    return {name: None if pandas.isna(value) else float(value) for name, value in figures.items()}


columns = [
    {
        "name": name,
        "count": int(table[name].count()),
        "missing": int(table[name].isna().sum()),
        "distinct": int(table[name].nunique()),
        "top_counts": [int(count) for count in text[name].value_counts().head(5)],
        "numbers": numbers(table[name]),
    }
    for name in table.columns
]
json.dump({"rows": len(table), "duplicate_rows": int(raw.duplicated().sum()), "columns": columns}, sys.stdout)
