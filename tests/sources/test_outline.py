"""What the first bytes of a file say of its shape, wherever they end."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.sources.outline import header, outline
from tests.sources.records import VALUES

NAMES = st.text("abc {}[],:", min_size=1, max_size=8)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)


@given(st.lists(OBJECTS, max_size=4))
def test_the_outermost_objects_of_a_list_have_their_keys(objects):
    for text in (json.dumps(objects), json.dumps({"runs": objects}, indent=1)):
        steps = ("runs",) if text.startswith("{") else ()
        start = 1 if steps else 0
        found = [keys for path, keys in outline(text.encode())[start:] if path == steps]
        assert found == [set(each) for each in objects]


@given(st.lists(OBJECTS, max_size=4), st.integers(0, 400))
def test_a_text_that_is_cut_off_says_no_more_than_the_whole(objects, end):
    whole = "\n".join(map(json.dumps, objects)).encode()
    told, cut = outline(whole), outline(whole[:end])
    assert len(cut) <= len(told)
    for (path, keys), (full_path, full_keys) in zip(cut, told, strict=False):
        assert path == full_path
        assert keys <= full_keys


@given(st.binary(max_size=300) | st.text('{}[]",:a', max_size=60).map(str.encode))
def test_any_bytes_have_an_outline_and_a_header(head):
    outline(b"{" + head)
    outline(b"[" + head)
    header(head)


@pytest.mark.parametrize("text", [b"[" * 65_536, b'{"a":' * 13_000, b'{"' + b"\\" * 65_000])
def test_what_is_made_to_take_long_does_not(text):
    assert len(outline(text)) <= 3


def test_the_columns_of_a_table():
    assert header(b"run_id,c\r\n1,2") == ["run_id", "c"]
    assert header(b'{"a": 1, "b": 2}') == header(b"") == header(b"a\0,b") == []
