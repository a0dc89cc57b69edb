"""Prices of one's own: what a file may say, what it changes, and that nothing is ever counted as free."""

import json
from pathlib import Path
from shutil import copytree

import pytest

from analytics import cost, sync
from analytics.commands.talk import LONGEST_LINE
from analytics.errors import InputError
from analytics.pricing import as_json, prices_in_use, read, table
from analytics.render import UNKNOWN
from analytics.store import imports, lake
from analytics.store.reader import Reader
from tests.chain import rows
from tests.cli.conftest import command_line
from tests.traces import LLM, Trace

OWN = """
[budget]
per_day_usd = 2.5

[[price]]
model = "Homegrown-7b"
input_usd = 3
output_usd = 5
"""


def trace(name: str = "run") -> list[dict[str, object]]:
    """A run that asks a listed model, one that nobody lists, and one that says what it costs."""
    made = Trace(name)
    top = made.call("Orchestrator.run", 0, 9, output={"success": True})
    made.call(LLM, 1, 2, parent=top, tokens=(1_000_000, 0), model="gpt-4o")
    made.call(LLM, 2, 3, parent=top, tokens=(1_000_000, 2_000_000), model="homegrown-7b")
    made.call(LLM, 3, 4, parent=top, tokens=(1_000_000, 0), model="gpt-4o", usd=4.0)
    return made.lines()


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("priced") / "calls.jsonl"
    file.write_text("".join(json.dumps(call) + "\n" for call in trace()))
    return file


@pytest.fixture(scope="module")
def imported(export: Path) -> Path:
    sync.import_paths(export.parent / "store", [str(export)])
    return export.parent / "store"


@pytest.fixture
def store(tmp_path: Path, imported: Path) -> Path:
    return copytree(imported, tmp_path / "store")


def price(store: Path, text: str) -> None:
    with lake.writer(store) as con:
        imports.use_prices(con, cost.parse(text))


def shown(store: Path):
    reader = Reader(store)
    try:
        return prices_in_use(reader)
    finally:
        reader.close()


def model(store: Path, name: str):
    return next(each for each in shown(store).models if each.used["model"] == name)


def test_a_model_without_a_price_comes_first_with_its_tokens(store: Path):
    first = shown(store).models[0]
    assert (first.name, first.basis, first.tokens) == ("homegrown-7b", "unpriced", 3_000_000)
    assert first.used["usd"] is None
    line = table(shown(store)).splitlines()[1]
    assert line.split()[:6] == [UNKNOWN, "homegrown-7b", "1", "3,000,000", "3,000,000", "unpriced"]
    assert "$0" not in line
    (note,) = shown(store).notes()
    assert note.startswith("3,000,000 tokens of 1 model are unpriced")
    assert "patchpilot prices --set FILE" in note


def test_reported_and_computed_cost_stand_side_by_side(store: Path):
    listed = model(store, "gpt-4o")
    assert listed.used["computed_usd"] == pytest.approx(5.0)
    assert listed.used["reported_usd"] == pytest.approx(4.0)
    assert listed.used["usd"] == pytest.approx(6.5)
    assert "-$1.50 (-37.5 %)" in table(shown(store))


def test_prices_of_ones_own_price_what_is_stored_and_going_back_unprices_it(store: Path):
    price(store, OWN)
    priced = model(store, "homegrown-7b")
    assert (priced.basis, priced.used["usd"]) == ("override", pytest.approx(13.0))
    assert priced.used["unpriced_tokens"] == 0
    assert "budget: $2.50 a day" in table(shown(store))
    price(store, "")
    again = model(store, "homegrown-7b")
    assert (again.basis, again.used["usd"]) == ("unpriced", None)


def test_prices_set_before_or_after_an_import_give_the_same_store(
    store: Path, export: Path, tmp_path: Path
):
    price(store, OWN)
    other = tmp_path / "other"
    sync.import_paths(other, [str(export)], prices=cost.parse(OWN))
    with lake.writer(store) as one, lake.writer(other) as two:
        for name in ("runs", "usage", "prices"):
            assert rows(one, name) == rows(two, name)


def test_an_import_without_prices_keeps_those_of_the_store(store: Path, export: Path):
    price(store, OWN)
    sync.import_paths(store, [str(export)])
    assert model(store, "homegrown-7b").basis == "override"


def test_a_price_that_no_call_needs_is_told_with_the_nearest(store: Path):
    price(store, OWN.replace("Homegrown-7b", "homegrown-8b"))
    notes = list(shown(store).notes())
    assert (
        "no call uses 'homegrown-8b', which the price file prices. Did you mean 'homegrown-7b'?"
        in notes
    )


def test_a_price_of_one_provider_is_not_another_ones(store: Path):
    price(store, OWN.replace("[[price]]", '[[price]]\nprovider = "elsewhere"'))
    assert model(store, "homegrown-7b").basis == "unpriced"
    assert any("no call uses 'elsewhere/Homegrown-7b'" in each for each in shown(store).notes())


def test_a_price_with_its_provider_goes_before_one_without():
    text = (
        '[[price]]\nmodel = "m"\ninput_usd = 1\noutput_usd = 1\n'
        '[[price]]\nmodel = "m"\nprovider = "p"\ninput_usd = 2\noutput_usd = 2\n'
    )
    own = cost.parse(text)
    assert [each.usd["input"] for each in cost.prices("P", "m", own)] == [2.0]
    assert [each.usd["input"] for each in cost.prices("q", "m", own)] == [1.0]


def test_calls_outside_the_periods_of_a_price_are_unpriced_and_told(store: Path):
    price(store, OWN + "until = 2026-01-01\n")
    late = model(store, "homegrown-7b")
    assert late.used["unpriced_tokens"] == 3_000_000
    assert any("at a time without a price" in each for each in shown(store).notes())


PERIOD = '[[price]]\nmodel = "m"\ninput_usd = 1\noutput_usd = 1\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[price", "not TOML"),
        ("[[prices]]", "Did you mean 'price'?"),
        ("[budget]\nper_dya_usd = 1", "Did you mean 'per_day_usd'?"),
        ('[[price]]\nmodel = "m"\ninput_usd = 1', "lacks output_usd"),
        ('[[price]]\nmodel = "m"\ninput_usd = "1"\noutput_usd = 1', "no amount of dollars"),
        ('[[price]]\nmodel = "m"\ninput_usd = -1\noutput_usd = 1', "no amount of dollars"),
        ("[[price]]\ninput_usd = 1\noutput_usd = 1", "names no model"),
        (PERIOD + PERIOD, "prices 1 and 2 (m) are for the same time"),
        (PERIOD + "until = 2026-02-01\n" + PERIOD + "from = 2026-01-31", "for the same time"),
        (PERIOD + "from = 2026-02-01\nuntil = 2026-01-01", "ends before it begins"),
        (PERIOD + 'from = "soon"', "is no date"),
    ],
)
def test_a_bad_price_file_is_refused_in_one_sentence(text: str, told: str, tmp_path: Path):
    file = tmp_path / "prices.toml"
    file.write_text(text)
    with pytest.raises(InputError) as refused:
        read(file)
    assert told in str(refused.value)
    assert str(refused.value).startswith(f"cannot use {file}: ")
    assert str(refused.value).endswith("Prices are as before.")


def test_periods_that_follow_each_other_are_two_prices():
    own = cost.parse(PERIOD + "until = 2026-02-01\n" + PERIOD + "from = 2026-02-01\n")
    assert len(cost.prices(None, "m", own)) == 2


def test_the_command_sets_lists_and_unsets(store: Path, tmp_path: Path):
    file = tmp_path / "prices.toml"
    file.write_text(OWN)
    done = command_line("prices", "--set", file, "--format", "json", "--store", store)
    told = json.loads(done.stdout)
    assert told["budget"] == {"per_day_usd": 2.5}
    assert {each["basis"] for each in told["models"]} == {"override", "genai-prices"}
    back = command_line("prices", "--unset", "--store", store)
    assert "unpriced" in back.stdout
    assert back.stderr.startswith("note: 3,000,000 tokens")
    assert json.loads(as_json(shown(store)))["budget"] == {}


def test_a_bad_file_changes_nothing(store: Path, export: Path, tmp_path: Path):
    price(store, OWN)
    file = tmp_path / "prices.toml"
    file.write_bytes(b"\xff\xfe")
    for command in (("prices", "--set", file), ("import", export, "--prices", file)):
        done = command_line(*command, "--store", store)
        assert (done.returncode, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 1
        assert len(done.stderr) < LONGEST_LINE
    assert model(store, "homegrown-7b").basis == "override"


def test_prices_of_a_store_that_is_not_there_are_refused(tmp_path: Path):
    file = tmp_path / "prices.toml"
    file.write_text(OWN)
    done = command_line("prices", "--set", file, "--store", tmp_path / "none")
    assert done.returncode == 1
    assert "there is no store" in done.stderr
    assert not (tmp_path / "none").exists()
