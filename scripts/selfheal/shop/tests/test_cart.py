"""Carts, on their own and on their page."""
# ruff: noqa: D102, PT009, PT027

import unittest

from selfheal.shop.cart import Cart, QuantityRefused
from selfheal.shop.catalog import Catalog
from selfheal.shop.tests.case import ShopCase


class CartTest(unittest.TestCase):
    """The cart itself."""

    def setUp(self) -> None:
        self.cart = Cart(Catalog())

    def test_a_new_cart_is_empty(self) -> None:
        self.assertEqual(self.cart.count(), 0)
        self.cart.add("tea-01")

    def test_adding_twice_adds_up(self) -> None:
        self.cart.add("tea-01", 2)
        self.cart.add("tea-01", 3)
        self.assertEqual(self.cart.count(), 5)

    def test_ten_of_one_product_are_allowed(self) -> None:
        self.cart.add("tea-01", 10)
        self.assertEqual(self.cart.count(), 10)

    def test_eleven_of_one_product_are_refused(self) -> None:
        self.cart.add("tea-01", 6)
        with self.assertRaises(QuantityRefused):
            self.cart.add("tea-01", 5)

    def test_less_than_one_is_refused(self) -> None:
        with self.assertRaises(QuantityRefused):
            self.cart.add("tea-01", 0)

    def test_zero_takes_a_product_out(self) -> None:
        self.cart.add("tea-01", 2)
        self.cart.change("tea-01", 0)
        self.assertEqual(self.cart.lines(), [])

    def test_taking_out_what_is_not_in_does_nothing(self) -> None:
        self.cart.remove("tea-02")
        self.assertEqual(self.cart.count(), 0)

    def test_subtotal_and_weight_count_pieces(self) -> None:
        self.cart.add("tea-01", 2)
        self.cart.add("cup-01", 3)
        self.assertEqual(self.cart.subtotal(), 2 * 790 + 3 * 1200)
        self.assertEqual(self.cart.weight(), 2 * 120 + 3 * 250)


class CartPageTest(ShopCase):
    """The page with the cart."""

    def test_the_cart_shows_what_was_put_in(self) -> None:
        self.buy("tea-01", 2)
        page = self.visitor.open("/cart")
        self.assertEqual(page.text("subtotal"), "€15.80")
        self.assertEqual([each.text.strip() for each in page.with_class("total")], ["€15.80"])

    def test_the_form_changes_a_quantity(self) -> None:
        self.buy("tea-01", 2)
        page = self.visitor.open("/cart")
        self.visitor.submit(page.find("line-tea-01"), quantity="4")
        self.assert_answered(200)
        self.assertEqual(self.visitor.page.text("subtotal"), "€31.60")

    def test_the_button_removes_a_line(self) -> None:
        self.buy("tea-01")
        self.buy("cup-01")
        page = self.visitor.open("/cart")
        self.visitor.press(page.with_class("remove")[0])
        self.assert_answered(204)
        names = self.visitor.open("/cart").with_class("name")
        self.assertEqual([each.text for each in names], ["Cup <blue>"])

    def test_an_empty_cart_leads_nowhere(self) -> None:
        page = self.visitor.open("/cart")
        self.assertEqual(page.text("total"), "€0.00")
        self.visitor.open("/checkout")
        self.assertEqual(self.visitor.address, "/cart")

    def test_a_filled_cart_leads_to_the_checkout(self) -> None:
        self.buy("tea-01")
        page = self.visitor.open("/cart")
        self.visitor.follow(page.find("to-checkout")).find("order")

    def test_too_many_are_refused(self) -> None:
        page = self.visitor.open("/product/tea-01")
        self.visitor.submit(page.find("buy"), quantity="11")
        self.assert_answered(400)

    def test_a_quantity_that_is_no_number_is_refused(self) -> None:
        page = self.visitor.open("/product/tea-01")
        self.visitor.submit(page.find("buy"), quantity="two")
        self.assert_answered(400)

    def test_two_visitors_have_two_carts(self) -> None:
        self.buy("tea-01")
        other = type(self.visitor)(self.shop)
        self.assertEqual(other.open("/cart").text("total"), "€0.00")
        self.assertEqual(other.open("/").text("count"), "0 in your cart")
