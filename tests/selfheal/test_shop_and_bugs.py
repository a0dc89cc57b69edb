import pytest
from selfheal.bugs import BUGS, PAIRS, TASKS, bugs_of, inject
from selfheal.suite import Report, run_suite
from selfheal.workspace import Workspace

FIRST_ATTEMPT_SEED = 2


def suite_of(task: str, seed: int) -> Report:
    with Workspace() as workspace:
        inject(task, workspace)
        return run_suite(workspace, seed)


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_the_untouched_shop_passes_in_any_order(seed: int | None):
    with Workspace() as workspace:
        report = run_suite(workspace, seed)
    assert report.failures == ()
    assert report.total >= 100


def test_coverage_changes_no_result():
    with Workspace() as workspace:
        plain, traced = (run_suite(workspace, 1, coverage=each) for each in (False, True))
    assert plain.passed == traced.passed
    assert traced.covered.keys() == traced.passed
    places = set().union(*traced.covered.values())
    assert ("shop/templates/checkout.html", 0) in places
    assert any(file == "shop/orders.py" and line for file, line in places)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_makes_a_test_fail(task: str):
    report = suite_of(task, FIRST_ATTEMPT_SEED)
    assert report.failures
    assert report.total >= 100 or bugs_of(task)[0].kind == "TEST_FLAKY"


def test_a_bug_that_depends_on_order_fails_in_some_orders_only():
    failed = {bool(suite_of("BUG-043", seed).failures) for seed in (1, 2)}
    assert failed == {True, False}


def test_there_are_bugs_of_every_sort():
    kinds = [each.kind for each in BUGS.values()]
    assert len(BUGS) >= 34
    for kind in ("UI_BUG", "BACKEND_ERROR", "DATA_ERROR", "TEST_FLAKY"):
        assert kinds.count(kind) >= 4
    assert sum(not each.repairable for each in BUGS.values()) >= 3
    assert len(PAIRS) >= 3
    assert {len(bugs_of(each)) for each in PAIRS} == {2}


def test_failures_of_one_cause_share_a_bug():
    report = suite_of("BUG-055", FIRST_ATTEMPT_SEED)
    causes = {each.signature for each in report.failures}
    assert len(report.bugs()) == len(causes) == 2


def test_a_test_that_hangs_fails_instead():
    with Workspace() as workspace:
        text = workspace.read("shop/money.py")
        workspace.write(
            "shop/money.py", text.replace("    sign =", "    while True: pass\n    sign =")
        )
        report = run_suite(
            workspace, only=["test_catalog.MoneyTest.test_an_amount_has_two_decimals"]
        )
    assert [each.error_type for each in report.failures] == ["TestTooSlow"]


def test_a_module_that_cannot_be_imported_is_a_failure():
    with Workspace() as workspace:
        workspace.write("shop/cart.py", "import no_such_module\n")
        report = run_suite(workspace)
    assert "test_cart" in {each.test_id for each in report.failures}
    assert {each.error_type for each in report.failures} == {"ModuleNotFoundError"}


def test_a_mutation_must_find_its_text_once():
    with Workspace() as workspace:
        inject("BUG-017", workspace)
        with pytest.raises(ValueError, match="exactly once"):
            inject("BUG-017", workspace)
