"""Catalog, money and templates on their own."""
# ruff: noqa: D102, PT009, PT027

import unittest

from selfheal.shop import money
from selfheal.shop.catalog import Catalog, UnknownProduct
from selfheal.shop.render import fill, render, text_of


class MoneyTest(unittest.TestCase):
    """Amounts."""

    def test_an_amount_has_two_decimals(self) -> None:
        self.assertEqual(money.show(1205), "€12.05")

    def test_a_debt_has_its_sign_in_front(self) -> None:
        self.assertEqual(money.show(-350), "-€3.50")

    def test_a_share_rounds_half_up(self) -> None:
        self.assertEqual(money.percent_of(250, 25), 63)
        self.assertEqual(money.percent_of(1000, 10), 100)


class CatalogTest(unittest.TestCase):
    """Looking products up."""

    def setUp(self) -> None:
        self.catalog = Catalog()

    def test_a_product_is_found_by_number(self) -> None:
        self.assertEqual(self.catalog.get("pot-01").name, "Iron teapot")

    def test_an_unknown_number_is_refused(self) -> None:
        with self.assertRaises(UnknownProduct):
            self.catalog.get("pot-99")

    def test_a_category_is_sorted_by_price(self) -> None:
        found = [each.sku for each in self.catalog.in_category("tea")]
        self.assertEqual(found, ["tea-02", "tea-01", "tea-03"])

    def test_search_ignores_case_and_spaces(self) -> None:
        found = [each.sku for each in self.catalog.search("  GREEN ")]
        self.assertEqual(found, ["tea-01"])

    def test_search_reads_descriptions_too(self) -> None:
        found = [each.sku for each in self.catalog.search("litres")]
        self.assertEqual(found, ["pot-01"])

    def test_search_for_nothing_finds_nothing(self) -> None:
        self.assertEqual(self.catalog.search("   "), [])

    def test_related_products_leave_the_product_out(self) -> None:
        found = [each.sku for each in self.catalog.related("tea-01")]
        self.assertEqual(found, ["tea-02", "tea-03"])

    def test_related_products_are_limited(self) -> None:
        self.assertEqual(len(self.catalog.related("tea-01", limit=1)), 1)

    def test_categories_are_in_order(self) -> None:
        self.assertEqual(self.catalog.categories(), ["cups", "pots", "tea"])


class RenderTest(unittest.TestCase):
    """Templates."""

    def test_text_is_escaped(self) -> None:
        self.assertEqual(text_of("name", {"name": "<b> & co"}), "&lt;b&gt; &amp; co")

    def test_nothing_is_printed_for_none(self) -> None:
        self.assertEqual(text_of("name", {"name": None}), "")

    def test_a_loop_repeats_its_inside(self) -> None:
        tokens = ["{% for x in xs %}", "{{ x }}", ",", "{% end %}"]
        self.assertEqual(fill(tokens, {"xs": [1, 2]}), "1,2,")

    def test_a_condition_inside_a_loop(self) -> None:
        tokens = ["{% for x in xs %}", "{% if x.ok %}", "y", "{% end %}", "{% end %}"]
        self.assertEqual(fill(tokens, {"xs": [{"ok": True}, {"ok": False}]}), "y")

    def test_the_search_page_says_what_was_searched(self) -> None:
        html = render("search.html", words="tea", products=[], empty=True)
        self.assertIn('<p id="words">tea</p>', html)
