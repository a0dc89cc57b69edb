"""patchpilot map and import --map as a user meets them."""

from pathlib import Path

import pytest

from tests.cli.conftest import command_line

TABLE = "run_id,resolved,cost\na,true,0.5\nb,false,0\nc,unknown,0.25\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "results.csv"
    file.write_text(TABLE)
    return file


def test_a_proposal_can_be_used_as_it_is(table: Path, tmp_path: Path):
    mapping, store = tmp_path / "mapping.toml", tmp_path / "store"
    proposed = command_line("map", table, "--output", mapping)
    assert proposed.stdout.startswith(f"{mapping}: check it")
    done = command_line("import", table, "--map", mapping, "--store", store)
    assert done.stdout.startswith(
        "3 new, 0 changed, 0 unchanged, 0 rejected calls; 3 runs touched;"
    )
    found = command_line("metrics", "pass_rate", "--store", store)
    assert "1 of 2 runs with a known outcome" in found.stdout


def test_a_proposal_is_printed_and_overwrites_nothing(table: Path, tmp_path: Path):
    assert command_line("map", table).stdout.startswith("# Proposed for results.csv by ")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("mine")
    done = command_line("map", table, "--output", mapping)
    assert (done.returncode, mapping.read_text()) == (1, "mine")
    assert done.stderr == f"patchpilot: {mapping} exists. Nothing was written over it.\n"


def test_an_unknown_mapping_is_told_with_the_nearest(table: Path, tmp_path: Path):
    done = command_line("import", table, "--map", "aidr", "--store", tmp_path / "store")
    assert done.returncode == 1
    assert "unknown mapping 'aidr'. Did you mean 'aider'?" in done.stderr


def test_of_several_files_those_that_do_not_fit_are_rejected(table: Path, tmp_path: Path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    mapping = tmp_path / "m.toml"
    mapping.write_text('rows = "run"\n[fields]\nid = "run_id"\npassed = "resolved"\n')
    done = command_line(
        "import", table, tmp_path / "other.csv", "--map", mapping, "--store", tmp_path / "store"
    )
    assert done.stdout.startswith("3 new, 0 changed, 0 unchanged, 1 rejected")
    assert "mapping m does not fit other.csv: it has no column 'run_id' for id." in done.stderr
    assert "column resolved gives no passed in 1 row," in done.stderr
    alone = command_line(
        "import", tmp_path / "other.csv", "--map", mapping, "--store", tmp_path / "store"
    )
    assert (alone.returncode, alone.stdout) == (1, "")


def test_a_folder_is_searched_for_tables_of_every_kind(tmp_path: Path):
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "one.csv").write_text(TABLE)
    (folder / "two.yml").write_text("- {run_id: d, resolved: yes}\n")
    mapping = tmp_path / "m.toml"
    mapping.write_text('rows = "run"\n[fields]\nid = "run_id"\npassed = "resolved"\n')
    done = command_line("import", folder, "--map", mapping, "--store", tmp_path / "store")
    assert done.stdout.startswith("4 new,")
