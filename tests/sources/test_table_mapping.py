"""A mapping is checked before anything is read."""

import pytest

from analytics import semantics
from analytics.errors import InputError, UnknownNameError
from analytics.schema import FACT_FIELDS
from analytics.sources.table import BUNDLED, cells, load, parse
from analytics.sources.table.mapping import FIELDS
from analytics.sources.table.names import NAMES


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('rows = "runs"\n[fields]\nid = "a"', "unknown kind of rows 'runs'. Did you mean 'run'"),
        ("[fields]\nid = 'a'", "needs rows = one of run, trial, call, batch"),
        ('rows = "run"', "needs a table [fields]"),
        ('rows = "run"\n[fields]\ninput_token = "a"', "Did you mean 'input_tokens'"),
        ('rows = "run"\nsorce = "x"\n[fields]\nid = "a"', "Did you mean 'source'"),
        ('rows = "run"\n[fields]\nid = { colum = "a" }', "Did you mean 'column'"),
        ('rows = "run"\n[fields]\nid = { null = [1] }', "id needs exactly one of column"),
        ('rows = "run"\n[fields]\nid = 3', "id must name columns, not 3"),
        ('rows = "run"\n[fields]\ncost_usd = { join = ["a"] }', "only a text can be joined"),
        ('rows = "run"\n[fields]\nduration = { column = "a", unit = "msec" }', "Did you mean 'ms'"),
        ('rows = "run"\n[fields]\nturns = { column = "a", unit = "s" }', "turns has no unit"),
        (
            'rows = "run"\n[fields]\nclaimed = { column = "a", values.passed = [1] }',
            "Valid: fail, pass",
        ),
        ('rows = "run"\n[fields]\nturns = { column = "a", values.x = [1] }', "turns is a count"),
        (
            'rows = "run"\n[fields]\nturns = { column = "a", null = [[1]] }',
            "must be a list of words",
        ),
        ('rows = "call"\n[fields]\nid = "a"', "rows = call needs a field trace_id"),
        ('rows = "batch"\n[fields]\ntools = "a"', "tools is for rows = run or trial, not batch"),
        ('rows = "run"\nadditive_cache = 1\n[fields]\nid = "a"', "must be true or false"),
        ('rows = "run"\n[fields]\nid = { column = "a", error_prefix = "x" }', "for messages only"),
        ("rows = ", "is not TOML"),
    ],
)
def test_a_faulty_mapping_is_told_in_one_sentence(text, message):
    with pytest.raises(InputError) as fault:
        parse("mine", text)
    assert message in str(fault.value)


def test_an_unknown_mapping_is_told_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'vexp'"):
        load("vex")
    with pytest.raises(InputError, match="cannot read mapping"):
        load("not-there.toml")


@pytest.mark.parametrize("name", BUNDLED)
def test_a_mapping_that_ships_is_well_formed(name):
    assert load(name).name == name


def test_every_fact_and_no_other_name_can_be_mapped():
    assert {field.name for field in FACT_FIELDS} <= set(FIELDS)
    assert set(NAMES) <= set(FIELDS)
    assert cells.CHOICES["error_kind"] == semantics.ERROR_KINDS
