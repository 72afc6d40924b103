"""Credit files and tables of the first product, made from the middle of what each column accepts."""

import pandas as pd

from ml.contract import load_contract

CONTRACT = load_contract()


def middle(column):
    """A value in the middle of what the column accepts."""
    if column.dtype == "category":
        return column.categories[0]
    between = (column.minimum + column.maximum) / 2
    return between if column.dtype == "float" else int(between)


def row_of(table, **changes):
    row = {c.name: middle(c) for c in CONTRACT.tables[table].columns if c.name != CONTRACT.target}
    return row | changes


def application(**changes):
    return {"application": row_of("application", **changes)}


def codes(problems):
    return [(problem.pointer, problem.code) for problem in problems]


def whole_file():
    file = application(SK_ID_CURR=1)
    for table in CONTRACT.child_tables:
        file[table.name] = [row_of(table.name)]
        if CONTRACT.id_column in table.by_name:
            file[table.name][0][CONTRACT.id_column] = 1
    return file


def frame_of(table="application", n=6, **changes):
    frame = pd.DataFrame([row_of(table) for _ in range(n)])
    key = CONTRACT.tables[table].key
    if key:
        frame[key] = range(1, n + 1)
    for name, values in changes.items():
        frame[name] = values
    return frame
