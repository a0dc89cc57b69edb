"""What a visitor wants to buy."""

from dataclasses import dataclass

from selfheal.shop.catalog import Catalog, Product

MOST_OF_ONE = 10


class QuantityRefused(ValueError):
    """A quantity below one or above what one order may hold."""


@dataclass(frozen=True)
class Line:
    """One product and how many of it."""

    product: Product
    quantity: int

    @property
    def total(self) -> int:
        """Price of the line in cents."""
        return self.product.price * self.quantity


class Cart:
    """Quantities by product number, in the order they were put in."""

    def __init__(self, catalog: Catalog, quantities: dict[str, int] | None = None) -> None:
        """Start empty, or with the quantities given."""
        self.catalog = catalog
        self.quantities = {} if quantities is None else quantities

    def add(self, sku: str, quantity: int = 1) -> None:
        """Put more of a product in."""
        product = self.catalog.get(sku)
        wanted = self.quantities.get(product.sku, 0) + quantity
        if quantity < 1 or wanted > MOST_OF_ONE:
            raise QuantityRefused(f"quantity must be 1 to {MOST_OF_ONE}")
        self.quantities[product.sku] = wanted

    def change(self, sku: str, quantity: int) -> None:
        """Set the quantity; zero takes the product out."""
        if quantity < 0 or quantity > MOST_OF_ONE:
            raise QuantityRefused(f"quantity must be 0 to {MOST_OF_ONE}")
        if quantity == 0:
            self.remove(sku)
        else:
            self.quantities[self.catalog.get(sku).sku] = quantity

    def remove(self, sku: str) -> None:
        """Take a product out; nothing happens if it is not in."""
        self.quantities.pop(sku, None)

    def clear(self) -> None:
        """Take everything out."""
        self.quantities.clear()

    def lines(self) -> list[Line]:
        """The cart's lines."""
        return [Line(self.catalog.get(sku), many) for sku, many in self.quantities.items()]

    def count(self) -> int:
        """How many pieces are in."""
        return sum(self.quantities.values())

    def subtotal(self) -> int:
        """Price of all lines in cents."""
        return sum(line.total for line in self.lines())

    def weight(self) -> int:
        """Weight of all lines in grams."""
        return sum(line.product.weight * line.quantity for line in self.lines())
