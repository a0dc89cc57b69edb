"""What every test of the shop starts from: a fresh shop at a fixed time, and a visitor."""

import unittest
from datetime import datetime

from selfheal.shop.app import Shop
from selfheal.shop.tests.browser import Browser, Page

NOON = datetime(2024, 5, 1, 12, 0)


class ShopCase(unittest.TestCase):
    """A test with a shop and one visitor."""

    def setUp(self) -> None:
        """Open a fresh shop."""
        self.now = NOON
        self.shop = Shop(clock=lambda: self.now)
        self.visitor = Browser(self.shop)

    def buy(self, sku: str, quantity: int = 1) -> None:
        """Put a product into the cart by its page's form."""
        page = self.visitor.open(f"/product/{sku}")
        self.visitor.submit(page.find("buy"), quantity=str(quantity))
        self.assert_answered(200)

    def pay(self, **values: str) -> Page:
        """Fill in the checkout form and press the button."""
        fields = {"email": "ada@example.org", "address": "1 Leaf Street", **values}
        page = self.visitor.open("/checkout")
        self.visitor.press(page.find("pay"), **fields)
        return self.visitor.page

    def signup(self, email: str = "ada@example.org", **values: str) -> Page:
        """Open an account by the form."""
        fields = {"name": "Ada", "password": "long enough", **values}
        page = self.visitor.open("/signup")
        self.visitor.submit(page.find("signup"), email=email, **fields)
        return self.visitor.page

    def assert_answered(self, status: int) -> None:
        """The last answer had this status."""
        said = self.visitor.response
        if said.status != status:
            text = said.body[:80] if said.kind == "text/plain" else ""
            raise AssertionError(
                f"{self.visitor.address} answered {said.status}, not {status} {text}".strip()
            )
