from dataclasses import replace

import numpy as np
import pandas as pd

from ml.groups import protected_groupings, segment_groupings


def named(groupings, name):
    return next(each for each in groupings if each.name == name)


def labels(grouping, language=0):
    return [grouping.labels[place][language] for place in grouping.place]


def test_protected_columns_come_from_the_contract(contract, applicants):
    names = [each.name for each in protected_groupings(contract, applicants)]
    protected = [column.name for column in contract.application.columns if column.protected]
    assert names == [contract.birth_column, *protected]


def test_a_contract_without_age_and_protected_columns_has_no_groups(contract, applicants):
    table = contract.application
    open_table = replace(table, columns=tuple(replace(column, protected=False) for column in table.columns))
    bare = replace(contract, birth_days_column=None, tables={**contract.tables, table.name: open_table})
    assert protected_groupings(bare, applicants) == ()


def test_ages_from_days_and_from_years(contract):
    days = pd.DataFrame({contract.birth_column: [-24.9 * 365.25, -25.1 * 365.25, -70 * 365.25, np.nan]})
    found = named(protected_groupings(contract, days), contract.birth_column)
    assert labels(found) == ["under 25", "25 to 34", "65 or more", "unknown"]
    assert labels(found, 1)[0] == "moins de 25 ans"
    by_years = replace(contract, birth_days_column=None, birth_years_column="AGE")
    found = named(protected_groupings(by_years, pd.DataFrame({"AGE": [24, 25, 64, 65]})), "AGE")
    assert labels(found) == ["under 25", "25 to 34", "55 to 64", "65 or more"]


def test_categories_have_their_words_and_missing_is_unknown(contract):
    column = next(each for each in contract.application.columns if each.protected and each.category_labels)
    value = column.categories[1]
    found = named(protected_groupings(contract, pd.DataFrame({column.name: [value, None]})), column.name)
    assert labels(found) == [column.category_labels[value][0], "unknown"]


def test_rare_high_counts_come_together(contract):
    column = next(each for each in contract.application.columns if each.protected and each.dtype == "int")
    values = [0] * 60 + [1] * 30 + [2] * 7 + [3] * 2 + [9]
    found = named(protected_groupings(contract, pd.DataFrame({column.name: values})), column.name)
    assert dict(zip(*np.unique(labels(found), return_counts=True), strict=True)) == {"0": 60, "1": 30, "2 or more": 10}


def test_many_numbers_are_grouped_by_quarter(contract):
    column = next(each for each in contract.application.columns if each.protected and each.dtype == "int")
    found = named(protected_groupings(contract, pd.DataFrame({column.name: range(100)})), column.name)
    assert sorted(set(labels(found))) == ["0 to 24", "25 to 49", "50 to 74", "75 or more"]
    empty = named(protected_groupings(contract, pd.DataFrame({column.name: [np.nan, np.nan]})), column.name)
    assert labels(empty) == ["unknown", "unknown"]


def test_segments_are_inputs_that_nobody_protects_and_how_full_the_file_is(contract, applicants):
    matrix = np.full((len(applicants), 4), np.nan, dtype=np.float32)
    matrix[0], matrix[1, :3] = 1.0, 1.0
    found = segment_groupings(contract, applicants, matrix)
    assert labels(found[0])[:3] == [found[0].labels[0][0], found[0].labels[1][0], found[0].labels[2][0]]
    for each in found[1:]:
        column = contract.application.column(each.name)
        assert column.model_input
        assert not column.protected
