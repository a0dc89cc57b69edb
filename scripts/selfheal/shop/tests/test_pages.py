"""Pages that only show, and the JSON API."""
# ruff: noqa: D102, PT009

import json
from typing import Any

from selfheal.shop.tests.case import NOON, ShopCase


class PagesTest(ShopCase):
    """Front page, category, product, search."""

    def test_the_front_page_links_every_product(self) -> None:
        page = self.visitor.open("/")
        self.assertEqual(len(page.with_class("product")), 7)
        for link in page.with_class("product"):
            self.visitor.follow(link)

    def test_the_front_page_links_the_categories(self) -> None:
        page = self.visitor.open("/")
        for shelf in page.with_class("shelf"):
            self.visitor.follow(shelf.inside[1])

    def test_a_category_shows_prices(self) -> None:
        prices = [each.text for each in self.visitor.open("/category/pots").with_class("price")]
        self.assertEqual(prices, ["€34.50", "€49.00"])

    def test_an_unknown_category_is_not_found(self) -> None:
        self.visitor.ask("GET", "/category/hats")
        self.assert_answered(404)

    def test_a_product_shows_its_price_and_text(self) -> None:
        page = self.visitor.open("/product/pot-01")
        self.assertEqual(page.text("price"), "€49.00")
        self.assertEqual(page.text("description"), "Holds 0.8 litres.")

    def test_a_product_without_text_has_a_page(self) -> None:
        self.assertEqual(self.visitor.open("/product/tea-02").text("description"), "")

    def test_a_name_with_markup_is_text(self) -> None:
        self.assertIn("<h1>Cup &lt;blue&gt;</h1>", self.visitor.ask("GET", "/product/cup-01").body)

    def test_a_sold_out_product_cannot_be_bought(self) -> None:
        page = self.visitor.open("/product/cup-02")
        self.assertEqual(page.text("sold-out"), "Sold out")
        self.assertNotIn('id="buy"', self.visitor.response.body)

    def test_a_product_names_what_is_left(self) -> None:
        self.assertEqual(self.visitor.open("/product/tea-03").text("left"), "3 left")

    def test_related_products_are_linked(self) -> None:
        links = self.visitor.open("/product/tea-01").with_class("related")
        self.assertEqual([each.text for each in links], ["Black tea", "White tea"])
        self.visitor.follow(links[0])

    def test_an_unknown_product_is_not_found(self) -> None:
        self.visitor.ask("GET", "/product/hat-01")
        self.assert_answered(404)

    def test_the_search_form_finds(self) -> None:
        page = self.visitor.open("/")
        self.visitor.submit(page.find("find"), q="teapot")
        self.assert_answered(200)
        found = [each.text for each in self.visitor.page.with_class("product")]
        self.assertEqual(sorted(found), ["Glass teapot", "Iron teapot"])

    def test_the_search_says_when_nothing_was_found(self) -> None:
        self.assertEqual(self.visitor.open("/search?q=hat").text("nothing"), "Nothing found.")

    def test_the_count_is_on_the_front_page(self) -> None:
        self.buy("tea-01", 3)
        self.assertEqual(self.visitor.open("/").text("count"), "3 in your cart")


class ApiTest(ShopCase):
    """The JSON API."""

    def read(self, address: str, status: int = 200) -> Any:  # noqa: ANN401 - any JSON
        response = self.visitor.ask("GET", address)
        self.assert_answered(status)
        self.assertEqual(response.kind, "application/json")
        return json.loads(response.body)

    def test_health(self) -> None:
        self.assertEqual(self.read("/health")["status"], "ok")

    def test_all_products(self) -> None:
        self.assertEqual(len(self.read("/api/products")), 7)

    def test_products_of_a_category(self) -> None:
        found = [each["sku"] for each in self.read("/api/products?category=pots")]
        self.assertEqual(found, ["pot-02", "pot-01"])

    def test_one_product(self) -> None:
        product = self.read("/api/products/tea-03")
        self.assertEqual((product["price_cents"], product["available"]), (1290, 3))

    def test_an_unknown_product(self) -> None:
        self.assertEqual(self.read("/api/products/hat-01", 404), {"error": "unknown product"})

    def test_the_cart(self) -> None:
        self.buy("tea-01", 2)
        cart = self.read("/api/cart")
        self.assertEqual((cart["count"], cart["subtotal_cents"]), (2, 1580))
        self.assertEqual(cart["lines"][0]["total_cents"], 1580)

    def test_an_order(self) -> None:
        self.buy("tea-01")
        self.pay()
        order = self.read("/api/orders/1001")
        self.assertEqual((order["state"], order["total_cents"]), ("placed", 1080))
        self.assertEqual(order["placed_at"], NOON.isoformat())

    def test_an_unknown_order_is_not_found(self) -> None:
        self.visitor.ask("GET", "/api/orders/12")
        self.assert_answered(404)

    def test_the_wrong_method_is_refused(self) -> None:
        self.visitor.ask("POST", "/api/products")
        self.assert_answered(405)
