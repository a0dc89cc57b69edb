"""Orders and the stock they are taken from."""

from dataclasses import dataclass
from datetime import datetime

from selfheal.shop.cart import Cart, Line
from selfheal.shop.catalog import Catalog
from selfheal.shop.pricing import Pricing, Quote


class OrderRefused(ValueError):
    """The cart cannot become an order; the text says why."""


@dataclass
class Order:
    """One order; ``state`` is placed, shipped or cancelled."""

    number: int
    email: str
    address: str
    lines: list[Line]
    quote: Quote
    placed_at: datetime
    state: str = "placed"


class Orders:
    """All orders, numbered from 1001, and what is left in stock."""

    def __init__(self, catalog: Catalog, pricing: Pricing) -> None:
        """Start without orders and with full stock."""
        self.catalog = catalog
        self.pricing = pricing
        self._orders: dict[int, Order] = {}
        self._taken: dict[str, int] = {}

    def available(self, sku: str) -> int:
        """Pieces of a product that can still be ordered."""
        return self.catalog.get(sku).stock - self._taken.get(sku, 0)

    def place(self, cart: Cart, email: str, address: str, code: str | None = None) -> Order:
        """Turn the cart into an order and empty it, or raise ``OrderRefused``."""
        lines = cart.lines()
        if not lines:
            raise OrderRefused("the cart is empty")
        if not address.strip():
            raise OrderRefused("the address is missing")
        for line in lines:
            if line.quantity > self.available(line.product.sku):
                raise OrderRefused(f"not enough in stock: {line.product.name}")
        quote = self.pricing.quote(cart, code)
        for line in lines:
            sku = line.product.sku
            self._taken[sku] = self._taken.get(sku, 0) + line.quantity
        number = 1001 + len(self._orders)
        now = self.pricing.clock()
        order = Order(number, email.strip().lower(), address.strip(), lines, quote, now)
        self._orders[number] = order
        cart.clear()
        return order

    def get(self, number: int) -> Order | None:
        """The order with this number, if there is one."""
        return self._orders.get(number)

    def of_customer(self, email: str) -> list[Order]:
        """A customer's orders, newest first."""
        mine = [each for each in self._orders.values() if each.email == email.strip().lower()]
        return sorted(mine, key=lambda each: each.number, reverse=True)

    def cancel(self, number: int) -> bool:
        """Cancel an order that was not shipped and put its pieces back."""
        order = self.get(number)
        if order is None or order.state != "placed":
            return False
        for line in order.lines:
            sku = line.product.sku
            self._taken[sku] = self._taken.get(sku, 0) - line.quantity
        order.state = "cancelled"
        return True

    def ship(self, number: int) -> bool:
        """Mark an order as shipped."""
        order = self.get(number)
        if order is None or order.state != "placed":
            return False
        order.state = "shipped"
        return True

    def revenue(self) -> int:
        """Cents of all orders that were not cancelled."""
        return sum(each.quote.total for each in self._orders.values() if each.state != "cancelled")
