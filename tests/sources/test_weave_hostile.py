"""Whatever comes in: nothing raises, and every line is a row or a counted reject with a reason."""

import json

import pytest

from tests.sources.records import call, lines

GOOD = lines(call("good")).encode()
DEEP = "[" * 10_000 + "]" * 10_000
TEXTS = {
    "html": "<img src=x onerror=alert(1)>",
    "script": "</script><script>alert(1)</script>",
    "sql": "'; DROP TABLE spans; --",
    "formula": '=HYPERLINK("http://x","y")',
    "ansi": "\x1b[31mred\x1b[0m",
    "right to left": "\u202eabc",
    "nul": "a\x00b",
    "emoji": "\U0001f600",
    "long": "x" * 10_000_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_text_is_kept_as_it_is(read, text):
    short = text[:1000]
    record = call("c", display_name=short, inputs={"a": short}, output=text, exception=short)
    result = read(lines(record))
    assert (len(result.rows), result.rejects) == (1, ())
    row = result.rows[0]
    assert json.loads(row["output"]) == text
    assert json.loads(row["inputs"]) == {"a": short}
    assert (row["display_name"], row["error_message"]) == (short, short)


KEPT = {
    "lone surrogate": (b'"\\ud83d"', "\ufffd", "half of a character pair replaced (1)"),
    "surrogate pair": (b'"\\ud83d\\ude00"', "\U0001f600", None),
    "escaped nul": (b'"\\u0000"', "\x00", None),
    "raw nul": (b'"a\x00b"', "a\x00b", "raw control characters escaped (1)"),
    "raw tab": (b'"a\tb"', "a\tb", "raw control characters escaped (1)"),
    "nan": (b"[NaN, 1]", [None, 1], "NaN or infinity set to null (1)"),
    "infinity": (b"-Infinity", None, "NaN or infinity set to null (1)"),
    "nan as text": (b'"a:NaN,"', "a:NaN,", None),
    "big integer": (b"123456789012345678901234567890", 123456789012345678901234567890, None),
}


@pytest.mark.parametrize(("written", "meant", "mended"), KEPT.values(), ids=KEPT)
def test_what_can_be_mended_is_kept_and_told(read, written, meant, mended):
    result = read(lines(call("c", output="HERE")).encode().replace(b'"HERE"', written))
    assert (len(result.rows), result.rejects) == (1, ())
    output = result.rows[0]["output"]
    assert (None if output is None else json.loads(output)) == meant
    assert list(result.notes) == (
        [] if mended is None else [f"mended so that they could be kept: {mended}."]
    )


def test_the_last_of_a_double_key_counts(read):
    record = lines(call("first")).replace('"id": "first"', '"id": "first", "id": "second"')
    result = read(record)
    assert [row["span_id"] for row in result.rows] == ["second"]
    assert result.notes == (
        "mended so that they could be kept: double key: the last one kept (1).",
    )


@pytest.mark.parametrize(
    "written", [DEEP, '{"a":' * 10_000 + "1" + "}" * 10_000], ids=["lists", "objects"]
)
@pytest.mark.parametrize("after", [b"", b"{\n"], ids=["alone", "beside a bad line"])
def test_depth_is_no_fault(read, written, after):
    result = read(lines(call("c", output="HERE")).replace('"HERE"', written).encode() + after)
    assert result.rows[0]["output"] == written
    assert len(result.rejects) == len(after) // 2


def test_a_model_named_twice_is_no_fault(read):
    twice = '{"m": {"prompt_tokens": 1}, "m": {"prompt_tokens": 2}}'
    result = read(lines(call("c", summary={"usage": "HERE"})).replace('"HERE"', twice))
    assert len(result.rows) == 1
    assert result.rejects == ()


BAD = {
    "not utf-8": (b'{"id": "\xff"}', "not UTF-8 (byte 9)"),
    "text": (b"hello", "not JSON (expecting value at column 1)"),
    "unfinished": (
        b'{"id": "a",',
        "not JSON (expecting property name enclosed in double quotes at column 12)",
    ),
    "two in one": (b'{"id": "a"}{"id": "b"}', "not JSON (extra data at column 12)"),
    "a list": (b"[1]", "not an object (a list)"),
    "a number": (b"5", "not an object (a number)"),
    "null": (b"null", "not an object (null)"),
    "no id": (lines(call("")).strip().encode(), "id is missing"),
    "empty": (b"{}", "id is missing"),
    "no trace": (lines(call(trace_id=None)).strip().encode(), "trace_id is missing"),
    "no op": (lines(call(op_name=None)).strip().encode(), "op_name is missing"),
    "no start": (lines(call(started_at=None)).strip().encode(), "started_at is missing"),
    "broken depth": (("[" * 10_000).encode(), "not JSON (deeply nested)"),
    "too large": (b'{"id": "' + b"x" * (17 << 20) + b'"}', "larger than 16 MB"),
    "utf-16": ('{"id": "a"}'.encode("utf-16-be"), "not JSON (expecting value at column 1)"),
}


@pytest.mark.parametrize(("line", "reason"), BAD.values(), ids=BAD)
def test_a_bad_line_is_a_reject_with_its_line_and_its_reason(read, line, reason):
    result = read(GOOD + b"\n" + line + b"\r\n" + GOOD.replace(b'"good"', b'"later"'))
    assert [row["span_id"] for row in result.rows] == ["good", "later"]
    assert result.reasons == {3: reason}
    assert len(result.rejects[0].excerpt) <= 200
    assert result.rejects[0].excerpt.isprintable()


def test_an_excerpt_holds_no_secret(read):
    result = read(b'{"api_key": "hunter2hunter2", ' + b"sk-proj-" + b"a1B2" * 10)
    assert "hunter2" not in result.rejects[0].excerpt
    assert "a1B2" not in result.rejects[0].excerpt


def test_a_cut_off_last_line_is_told_as_such(read):
    result = read(GOOD + GOOD[:100])
    assert result.reasons == {2: "cut off: the file ends in the middle of this record"}


@pytest.mark.parametrize(
    "text", [b"\xef\xbb\xbf" + GOOD, GOOD.replace(b"\n", b"\r\n"), b"\n\n" + GOOD + b"  \n"]
)
def test_marks_and_line_ends_of_other_systems_do_not_matter(read, text):
    result = read(text)
    assert (len(result.rows), result.rejects) == (1, ())


def test_clocks_may_disagree(read):
    result = read(
        lines(
            call("past", started_at="1970-01-01T00:00:00Z"),
            call("future", started_at="2999-01-01T00:00:00Z"),
            call("backwards", ended_at="2026-11-20T09:59:59Z"),
        )
    )
    assert (len(result.rows), result.rejects) == (3, ())
    backwards = result.row("backwards")
    assert backwards["ended_at"] < backwards["started_at"]


@pytest.mark.parametrize(
    ("array", "rows", "reasons"),
    [
        ("[]", 0, {}),
        ("[1, GOOD]", 1, {1: "not an object (a number)"}),
        ("[GOOD, {]", 1, {2: "cut off"}),
        ("[GOOD, {]}]", 1, {2: "not JSON"}),
        ("[GOOD, GOOD", 2, {}),
        ('[GOOD, {"id": "a, [', 1, {2: "cut off"}),
        ("[GOOD,, GOOD]", 2, {2: "not JSON"}),
    ],
)
def test_a_broken_array_keeps_what_is_whole(read, array, rows, reasons):
    result = read(array.replace("GOOD", GOOD.decode().strip()), "weave-json")
    assert len(result.rows) == rows
    assert list(result.reasons) == list(reasons)
    assert all(result.reasons[line].startswith(reason) for line, reason in reasons.items())
