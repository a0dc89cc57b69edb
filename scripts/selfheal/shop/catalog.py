"""What the shop sells."""

from dataclasses import dataclass


class UnknownProduct(LookupError):
    """No product has this number."""


@dataclass(frozen=True)
class Product:
    """One article; ``price`` in cents, ``weight`` in grams."""

    sku: str
    name: str
    category: str
    price: int
    weight: int
    stock: int
    description: str | None = None


PRODUCTS = (
    Product("tea-01", "Green tea", "tea", 790, 120, 20, "First flush, loose leaf."),
    Product("tea-02", "Black tea", "tea", 690, 120, 15),
    Product("tea-03", "White tea", "tea", 1290, 80, 3, "Silver needle."),
    Product("pot-01", "Iron teapot", "pots", 4900, 1800, 4, "Holds 0.8 litres."),
    Product("pot-02", "Glass teapot", "pots", 3450, 900, 6),
    Product("cup-01", "Cup <blue>", "cups", 1200, 250, 12, "Glazed by hand & signed."),
    Product("cup-02", "Travel mug", "cups", 2400, 400, 0, "Keeps warm for six hours."),
)


class Catalog:
    """Looks products up; it never changes them."""

    def __init__(self, products: tuple[Product, ...] = PRODUCTS) -> None:
        """Index the products by their number."""
        self._by_sku = {product.sku: product for product in products}

    def get(self, sku: str) -> Product:
        """The product with this number, or ``UnknownProduct``."""
        product = self._by_sku.get(sku)
        if product is None:
            raise UnknownProduct(sku)
        return product

    def in_category(self, category: str) -> list[Product]:
        """The products of one category, cheapest first."""
        found = [each for each in self._by_sku.values() if each.category == category]
        return sorted(found, key=lambda each: each.price)

    def search(self, words: str) -> list[Product]:
        """The products whose name or description holds the words, in any case."""
        wanted = words.strip().lower()
        if not wanted:
            return []
        return [
            each
            for each in self._by_sku.values()
            if wanted in each.name.lower() or wanted in (each.description or "").lower()
        ]

    def related(self, sku: str, limit: int = 3) -> list[Product]:
        """Other products of the same category."""
        product = self.get(sku)
        others = [each for each in self.in_category(product.category) if each.sku != sku]
        return others[:limit]

    def categories(self) -> list[str]:
        """The categories in alphabetical order."""
        return sorted({each.category for each in self._by_sku.values()})
