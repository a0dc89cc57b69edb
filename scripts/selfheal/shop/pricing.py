"""From a cart to an amount to pay: coupon, shipping, tax."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from selfheal.shop.cart import Cart
from selfheal.shop.money import percent_of

TAX_PERCENT = 19
FREE_SHIPPING_FROM = 5000
SHIPPING_STEPS = ((500, 290), (2000, 490), (10000, 890))
HEAVY_SHIPPING = 1990

Clock = Callable[[], datetime]


class CouponRefused(ValueError):
    """The coupon is unknown, too old, or the cart too small for it."""


@dataclass(frozen=True)
class Coupon:
    """A discount in percent, from an amount on, until a day."""

    code: str
    percent: int
    at_least: int
    last_day: date


COUPONS = {
    "WELCOME10": Coupon("WELCOME10", 10, 0, date(2024, 12, 31)),
    "TEATIME": Coupon("TEATIME", 25, 3000, date(2024, 6, 30)),
    "OLD5": Coupon("OLD5", 5, 0, date(2023, 12, 31)),
}


@dataclass(frozen=True)
class Quote:
    """What a cart costs, in cents; ``tax`` is contained in ``total``."""

    subtotal: int
    discount: int
    shipping: int
    tax: int
    total: int


class Pricing:
    """Prices carts by the rules above; the clock decides whether a coupon still holds."""

    def __init__(self, clock: Clock) -> None:
        """Take the time from this clock."""
        self.clock = clock

    def discount(self, subtotal: int, code: str | None) -> int:
        """The discount a coupon gives, in cents."""
        if not code:
            return 0
        coupon = COUPONS.get(code.strip().upper())
        if coupon is None:
            raise CouponRefused("unknown coupon")
        if self.clock().date() > coupon.last_day:
            raise CouponRefused("coupon no longer valid")
        if subtotal < coupon.at_least:
            raise CouponRefused("cart too small for this coupon")
        return percent_of(subtotal, coupon.percent)

    def shipping(self, subtotal: int, weight: int) -> int:
        """Shipping by weight; free for large orders and for nothing."""
        if weight == 0 or subtotal >= FREE_SHIPPING_FROM:
            return 0
        for limit, price in SHIPPING_STEPS:
            if weight <= limit:
                return price
        return HEAVY_SHIPPING

    def quote(self, cart: Cart, code: str | None = None) -> Quote:
        """The whole calculation."""
        subtotal = cart.subtotal()
        discount = self.discount(subtotal, code)
        shipping = self.shipping(subtotal - discount, cart.weight())
        total = subtotal - discount + shipping
        tax = total - (total * 100 + (100 + TAX_PERCENT) // 2) // (100 + TAX_PERCENT)
        return Quote(subtotal, discount, shipping, tax, total)
