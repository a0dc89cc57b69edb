"""The shop for programs: JSON in the same words as the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfheal.shop.catalog import Product, UnknownProduct
from selfheal.shop.web import NotFound, Request, Response, as_json

if TYPE_CHECKING:
    from selfheal.shop.app import Shop


class Api:
    """One method per address."""

    def __init__(self, shop: Shop) -> None:
        """Serve this shop."""
        self.shop = shop

    def describe(self, product: Product) -> dict[str, object]:
        """A product as programs see it."""
        return {
            "sku": product.sku,
            "name": product.name,
            "category": product.category,
            "price_cents": product.price,
            "available": self.shop.orders.available(product.sku),
        }

    def health(self, request: Request) -> Response:
        """Whether the shop can sell."""
        return as_json({"status": "ok", "products": len(self.shop.catalog.search("tea"))})

    def products(self, request: Request) -> Response:
        """All products, or those of one category."""
        catalog = self.shop.catalog
        wanted = request.query.get("category")
        names = [wanted] if wanted else catalog.categories()
        found = [each for name in names for each in catalog.in_category(name)]
        return as_json([self.describe(each) for each in found])

    def product(self, request: Request) -> Response:
        """One product."""
        try:
            product = self.shop.catalog.get(request.args["sku"])
        except UnknownProduct:
            return as_json({"error": "unknown product"}, 404)
        return as_json(self.describe(product))

    def cart(self, request: Request) -> Response:
        """The visitor's cart."""
        cart = self.shop.session(request).cart
        lines = [
            {"sku": line.product.sku, "quantity": line.quantity, "total_cents": line.total}
            for line in cart.lines()
        ]
        return as_json({"lines": lines, "subtotal_cents": cart.subtotal(), "count": cart.count()})

    def cart_remove(self, request: Request) -> Response:
        """Take a product out of the cart."""
        self.shop.session(request).cart.remove(request.args["sku"])
        return Response(status=204)

    def order(self, request: Request) -> Response:
        """One order's state."""
        number = request.args["number"]
        order = self.shop.orders.get(int(number)) if number.isdigit() else None
        if order is None:
            raise NotFound(f"order {number}")
        return as_json(
            {
                "number": order.number,
                "state": order.state,
                "total_cents": order.quote.total,
                "placed_at": order.placed_at.isoformat(),
            }
        )
