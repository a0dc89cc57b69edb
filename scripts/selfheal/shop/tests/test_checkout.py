"""Prices, orders and the way through the checkout."""
# ruff: noqa: D102, PT009, PT027

from datetime import datetime

from selfheal.shop.orders import OrderRefused
from selfheal.shop.pricing import CouponRefused
from selfheal.shop.tests.case import NOON, ShopCase


class PricingTest(ShopCase):
    """The calculation."""

    def test_shipping_follows_the_weight(self) -> None:
        steps = [self.shop.pricing.shipping(1000, grams) for grams in (0, 500, 501, 2000, 10001)]
        self.assertEqual(steps, [0, 290, 490, 490, 1990])

    def test_shipping_is_free_from_fifty_on(self) -> None:
        self.assertEqual(self.shop.pricing.shipping(4999, 400), 290)
        self.assertEqual(self.shop.pricing.shipping(5000, 400), 0)

    def test_a_coupon_takes_its_share(self) -> None:
        self.assertEqual(self.shop.pricing.discount(2000, "WELCOME10"), 200)

    def test_a_coupon_is_read_in_any_case(self) -> None:
        self.assertEqual(self.shop.pricing.discount(2000, " welcome10 "), 200)

    def test_no_coupon_gives_no_discount(self) -> None:
        self.assertEqual(self.shop.pricing.discount(2000, None), 0)

    def test_an_unknown_coupon_is_refused(self) -> None:
        with self.assertRaises(CouponRefused):
            self.shop.pricing.discount(2000, "NOPE")

    def test_an_old_coupon_is_refused(self) -> None:
        with self.assertRaises(CouponRefused):
            self.shop.pricing.discount(2000, "OLD5")

    def test_a_coupon_holds_on_its_last_day(self) -> None:
        self.now = datetime(2024, 6, 30, 23, 0)
        self.assertEqual(self.shop.pricing.discount(4000, "TEATIME"), 1000)
        self.now = datetime(2024, 7, 1, 0, 1)
        with self.assertRaises(CouponRefused):
            self.shop.pricing.discount(4000, "TEATIME")

    def test_a_small_cart_is_refused_the_large_coupon(self) -> None:
        self.assertEqual(self.shop.pricing.discount(3000, "TEATIME"), 750)
        with self.assertRaises(CouponRefused):
            self.shop.pricing.discount(2999, "TEATIME")

    def test_a_quote_adds_up(self) -> None:
        self.buy("tea-01", 2)
        cart = next(iter(self.shop.sessions.values())).cart
        quote = self.shop.pricing.quote(cart, "WELCOME10")
        self.assertEqual((quote.subtotal, quote.discount, quote.shipping), (1580, 158, 290))
        self.assertEqual((quote.total, quote.tax), (1712, 273))


class OrdersTest(ShopCase):
    """Orders and stock."""

    def order(self, sku: str = "tea-03", quantity: int = 2, email: str = "ada@example.org") -> int:
        self.buy(sku, quantity)
        cart = next(each.cart for each in self.shop.sessions.values() if each.cart.count())
        return self.shop.orders.place(cart, email, "1 Leaf Street").number

    def test_orders_are_numbered_from_1001(self) -> None:
        self.assertEqual([self.order("tea-01"), self.order("tea-01")], [1001, 1002])

    def test_an_order_takes_from_the_stock(self) -> None:
        self.order("tea-03", 2)
        self.assertEqual(self.shop.orders.available("tea-03"), 1)

    def test_the_last_piece_can_be_ordered(self) -> None:
        self.order("tea-03", 3)
        self.assertEqual(self.shop.orders.available("tea-03"), 0)

    def test_more_than_the_stock_is_refused(self) -> None:
        with self.assertRaises(OrderRefused):
            self.order("tea-03", 4)

    def test_a_cancelled_order_returns_to_the_stock(self) -> None:
        number = self.order("tea-03", 2)
        self.assertTrue(self.shop.orders.cancel(number))
        self.assertEqual(self.shop.orders.available("tea-03"), 3)

    def test_an_order_is_cancelled_once(self) -> None:
        number = self.order()
        self.assertEqual([self.shop.orders.cancel(number) for _ in "ab"], [True, False])

    def test_a_shipped_order_stays(self) -> None:
        number = self.order()
        self.assertTrue(self.shop.orders.ship(number))
        self.assertFalse(self.shop.orders.cancel(number))

    def test_an_unknown_order_cannot_be_cancelled(self) -> None:
        self.assertFalse(self.shop.orders.cancel(4711))

    def test_revenue_leaves_cancelled_orders_out(self) -> None:
        first, _ = self.order("cup-01", 1), self.order("cup-01", 2)
        self.shop.orders.cancel(first)
        self.assertEqual(self.shop.orders.revenue(), 2 * 1200 + 290)

    def test_a_customer_sees_the_newest_first(self) -> None:
        for _ in range(3):
            self.order("tea-01", 1)
        self.order("tea-01", 1, email="bob@example.org")
        numbers = [each.number for each in self.shop.orders.of_customer("ADA@example.org ")]
        self.assertEqual(numbers, [1003, 1002, 1001])

    def test_an_order_knows_when_it_was_placed(self) -> None:
        order = self.shop.orders.get(self.order())
        assert order is not None
        self.assertEqual(order.placed_at, NOON)


class CheckoutTest(ShopCase):
    """The visitor's way from the product to the order."""

    def test_a_visitor_can_buy(self) -> None:
        self.buy("pot-01")
        page = self.pay()
        self.assert_answered(200)
        self.assertEqual(page.text("number"), "1001")
        self.assertEqual(page.text("state"), "placed")
        self.assertEqual(page.text("total"), "€53.90")

    def test_the_cart_is_empty_after_the_order(self) -> None:
        self.buy("tea-01")
        self.pay()
        self.assertEqual(self.visitor.open("/").text("count"), "0 in your cart")

    def test_a_coupon_lowers_the_total(self) -> None:
        self.buy("tea-01", 2)
        page = self.pay(coupon="WELCOME10")
        self.assertEqual(page.text("discount"), "€1.58")
        self.assertEqual(page.text("total"), "€17.12")

    def test_a_bad_coupon_shows_the_form_again(self) -> None:
        self.buy("tea-01")
        page = self.pay(coupon="OLD5")
        self.assert_answered(422)
        self.assertEqual(page.text("error"), "coupon no longer valid")

    def test_a_missing_address_shows_the_form_again(self) -> None:
        self.buy("tea-01")
        page = self.pay(address="  ")
        self.assert_answered(422)
        self.assertEqual(page.text("error"), "the address is missing")

    def test_the_checkout_names_the_tax(self) -> None:
        self.buy("pot-01")
        self.assertEqual(self.visitor.open("/checkout").text("tax"), "€8.61")

    def test_a_customer_can_cancel(self) -> None:
        self.buy("tea-01")
        page = self.pay()
        self.visitor.press(page.find("cancel-button"))
        self.assert_answered(200)
        self.assertEqual(self.visitor.page.text("state"), "cancelled")

    def test_a_cancelled_order_offers_no_button(self) -> None:
        self.buy("tea-01")
        page = self.pay()
        self.visitor.press(page.find("cancel-button"))
        self.assertNotIn("cancel-button", self.visitor.response.body)

    def test_cancelling_a_shipped_order_is_a_conflict(self) -> None:
        self.buy("tea-01")
        page = self.pay()
        self.shop.orders.ship(1001)
        self.visitor.press(page.find("cancel-button"))
        self.assert_answered(409)

    def test_an_unknown_order_is_not_found(self) -> None:
        self.visitor.ask("GET", "/order/9999")
        self.assert_answered(404)
