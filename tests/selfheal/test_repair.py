from dataclasses import replace

import pytest
from selfheal.bugs import inject
from selfheal.knowledge import Experience
from selfheal.locating import clue_of, suspicion
from selfheal.patches import PatchDoesNotFit, StalePatch, apply, make_patch
from selfheal.repair import Case, candidates, changed, compiles
from selfheal.source import Edit
from selfheal.suite import run_suite
from selfheal.workspace import Workspace

RESTORED_BY = {
    "arithmetic": "BUG-020",
    "boolean": "BUG-026",
    "call_of_own": "BUG-044",
    "chain_from_siblings": "BUG-039",
    "compare_boundary": "BUG-017",
    "compare_opposite": "BUG-027",
    "default_for_key": "BUG-031",
    "default_for_none": "BUG-030",
    "guard_for_none": "BUG-034",
    "name_from_siblings": "BUG-032",
    "number": "BUG-025",
    "swap_arguments": "BUG-035",
    "text_from_siblings": "BUG-014",
    "wrap_in_call": "BUG-037",
    "address_from_routes": "BUG-002",
    "field_from_code": "BUG-003",
    "filter_from_siblings": "BUG-010",
    "form_method": "BUG-004",
    "handler_from_script": "BUG-001",
    "handler_name": "BUG-005",
    "name_of_element": "BUG-012",
    "value_from_siblings": "BUG-041",
}


def located(task: str, workspace: Workspace, ranked: bool = True) -> Case:
    """The case that the agents would make of the last bug of a broken copy."""
    inject(task, workspace)
    report = run_suite(workspace, seed=2, coverage=True)
    bug_id, failures = list(report.bugs().items())[-1]
    texts = {each: workspace.read(each) for each in workspace.files()}
    places = suspicion(report, {each.test_id for each in failures}, texts, with_tests=False)
    first = failures[0]
    return Case(bug_id, clue_of(first), first.message, places, ranked, (), "seed")


@pytest.mark.parametrize("operator", RESTORED_BY)
def test_an_operator_restores_what_was_broken(operator: str):
    with Workspace() as workspace:
        whole = {each: workspace.read(each) for each in workspace.files()}
        case = located(RESTORED_BY[operator], workspace)
        restoring = {
            each.edit.operator
            for each in candidates(case, workspace)
            if changed(workspace.read(each.edit.file), each.edit) == whole[each.edit.file]
        }
    assert operator in restoring


@pytest.mark.parametrize(
    ("task", "operator"),
    [
        ("BUG-036", "missing_keyword"),
        ("BUG-042", "fresh_default"),
        ("BUG-043", "set_up_each_test"),
    ],
)
def test_a_repair_may_differ_from_the_original(task: str, operator: str):
    with Workspace() as workspace:
        inject(task, workspace)
        report = run_suite(workspace, seed=2, coverage=True)
        failed = {each.test_id for each in report.failures}
        places = suspicion(report, failed, {}, with_tests=True)
        clue = clue_of(report.failures[0]) if operator == "missing_keyword" else "TEST_FLAKY"
        case = Case("bug", clue, report.failures[0].message, places, True, (), "seed")
        found = [each for each in candidates(case, workspace) if each.edit.operator == operator]
        healed = []
        for each in found[:4]:
            before = workspace.read(each.edit.file)
            workspace.write(each.edit.file, changed(before, each.edit))
            healed.append(not run_suite(workspace, seed=2).failures)
            workspace.write(each.edit.file, before)
    assert any(healed)


def test_every_candidate_is_the_patch_that_it_says():
    with Workspace() as workspace:
        found = candidates(located("BUG-053", workspace), workspace)
        assert len(found) > 500
        for each in found:
            text = workspace.read(each.edit.file)
            patch = make_patch(text, each.edit)
            after = changed(text, each.edit)
            if after.endswith("\n"):
                assert apply(text, patch) == after
            minus, plus = patch.lines_removed, patch.lines_added
            assert plus - minus == after.count("\n") - text.count("\n")


def test_candidates_are_ordered_and_the_same_every_time():
    with Workspace() as workspace:
        case = located("BUG-029", workspace)
        once, again = (candidates(case, workspace) for _ in range(2))
        other = candidates(replace(case, ranked=False), workspace)
    assert once == again
    assert [each.score for each in once] == sorted((each.score for each in once), reverse=True)
    assert [each.edit for each in once[:5]] != [each.edit for each in other[:5]]


def test_what_worked_before_comes_first():
    with Workspace() as workspace:
        case = located("BUG-021", workspace)
        plain = candidates(case, workspace)
        late = plain[40].edit
        old = workspace.read(late.file)[late.start : late.end]
        known = Experience(case.bug_id, case.clue, late.operator, late.file, old, late.text)
        first = candidates(replace(case, experience=(known,)), workspace)[0]
    assert first.known
    assert (first.edit.file, first.edit.text) == (late.file, late.text)
    assert not any(each.known for each in plain)


TEXT = "one\ntwo\nthree\nfour\nfive\nsix\n"


def test_a_patch_refuses_a_file_that_changed_and_finds_its_lines_on_demand():
    patch = make_patch(TEXT, Edit("test", "shop/a.py", 4, 14, 18, "4"))
    assert apply(TEXT, patch) == TEXT.replace("four", "4")
    longer = "zero\n" + TEXT
    with pytest.raises(StalePatch):
        apply(longer, patch)
    assert apply(longer, patch, anywhere=True) == longer.replace("four", "4")


@pytest.mark.parametrize("text", [TEXT.replace("four", "vier"), TEXT + TEXT])
def test_a_patch_whose_lines_are_gone_or_ambiguous_does_not_fit(text: str):
    patch = make_patch(TEXT, Edit("test", "shop/a.py", 4, 14, 18, "4"))
    with pytest.raises(PatchDoesNotFit):
        apply(text, patch, anywhere=True)


def test_a_text_that_is_no_program_does_not_compile():
    assert compiles("shop/a.py", "x = 1\n")
    assert not compiles("shop/a.py", "x = = 1\n")
    assert compiles("shop/a.html", "x = = 1\n")
