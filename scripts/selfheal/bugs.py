"""What can be broken in the shop, declared as replacements of text in its files.

The agents never read this module: it is the recorder's knowledge of what was injected.
"""

from dataclasses import dataclass

from selfheal.workspace import Workspace

UI, BACKEND, DATA, FLAKY = "UI_BUG", "BACKEND_ERROR", "DATA_ERROR", "TEST_FLAKY"


@dataclass(frozen=True)
class Mutation:
    """One replacement; ``before`` occurs exactly once in the file."""

    file: str
    before: str
    after: str

    def apply(self, workspace: Workspace) -> None:
        """Break the copy."""
        text = workspace.read(f"shop/{self.file}")
        if text.count(self.before) != 1:
            raise ValueError(f"{self.file} does not hold exactly once: {self.before}")
        workspace.write(f"shop/{self.file}", text.replace(self.before, self.after))


@dataclass(frozen=True)
class Bug:
    """One defect; ``repairable`` is False where no repair operator can reach it."""

    bug_id: str
    kind: str
    title: str
    mutations: tuple[Mutation, ...]
    repairable: bool = True


def bug(number: int, kind: str, title: str, *edits: str, repairable: bool = True) -> Bug:
    """A bug of mutations given flat: file, before, after, file, before, after, ..."""
    mutations = tuple(Mutation(*edits[place : place + 3]) for place in range(0, len(edits), 3))
    return Bug(f"BUG-{number:03d}", kind, title, mutations, repairable)


CHECKOUT, CART, PRODUCT = "templates/checkout.html", "templates/cart.html", "templates/product.html"
SIGNUP, ORDER, CATEGORY = "templates/signup.html", "templates/order.html", "templates/category.html"
LAYOUT, LOGIN, HOME = "templates/layout.html", "templates/login.html", "templates/home.html"

BUGS: tuple[Bug, ...] = (
    *(
        bug(1, UI, "Pay button lost its handler", CHECKOUT, ' onclick="submitOrder(this)"', ""),
        bug(2, UI, "Cart form posts to a lost address", CART, '"/cart/change"', '"/cart/update"'),
        bug(3, UI, "Sign-up field renamed", SIGNUP, 'name="email"', 'name="mail"'),
        bug(4, UI, "Buy form uses GET", PRODUCT, 'method="post"', 'method="get"'),
        bug(5, UI, "Remove button calls a lost function", CART, "removeLine(", "removeItem("),
        bug(6, UI, "Search form leads nowhere", LAYOUT, '"/search"', '"/find"'),
        bug(7, UI, "Sign-up link is dead", LOGIN, '"/signup"', '"/register"'),
        bug(8, UI, "Related products link wrong", PRODUCT, "/product/{{ o", "/products/{{ o"),
        bug(9, UI, "Coupon field renamed", CHECKOUT, 'name="coupon"', 'name="code"'),
        bug(10, UI, "Cart total without currency", CART, "{{ quote.total | money }}", "{{ quote.total }}"),
        bug(11, UI, "Cancel button lost its handler", ORDER, ' onclick="confirmCancel(this)"', ""),
        bug(12, UI, "Stock text lost its id", PRODUCT, 'id="left"', 'id="lefft"'),
        bug(13, UI, "Category link in the plural", HOME, '"/category/', '"/categories/'),
    ),
    *(
        bug(14, BACKEND, "Route misspelt", "app.py", '"/cart/add"', '"/cart/ad"'),
        bug(15, BACKEND, "Refused order answers 200", "views.py", "return Response(form, 422)", "return Response(form, 200)"),
        bug(16, BACKEND, "Conflict answers 404", "views.py", "409", "404"),
        bug(17, BACKEND, "Coupon ends a day early", "pricing.py", "> coupon.last_day", ">= coupon.last_day"),
        bug(18, BACKEND, "Nine of one at most", "cart.py", "wanted > MOST", "wanted >= MOST"),
        bug(19, BACKEND, "Shipping step too early", "pricing.py", "weight <= limit", "weight < limit"),
        bug(20, BACKEND, "Shares round down", "money.py", "percent + 50", "percent - 50"),
        bug(21, BACKEND, "Cancelling takes more stock", "orders.py", "get(sku, 0) - line", "get(sku, 0) + line"),
        bug(22, BACKEND, "Eight letters too short", "accounts.py", "len(password) < S", "len(password) <= S"),
        bug(23, BACKEND, "Oldest order first", "orders.py", "reverse=True", "reverse=False"),
        bug(24, BACKEND, "Wrong log-in answers 403", "views.py", "401", "403"),
        bug(25, BACKEND, "Removal answers 200", "api.py", "status=204", "status=200"),
        bug(26, BACKEND, "Search needs both texts", "catalog.py", ".lower() or wanted", ".lower() and wanted"),
        bug(27, BACKEND, "Related is the product itself", "catalog.py", "each.sku != sku", "each.sku == sku"),
        bug(28, BACKEND, "Log-in form posts, page does not", "app.py", '"POST", "/login"', '"PUT", "/login"'),
        bug(29, BACKEND, "Free shipping too late", "pricing.py", "subtotal >= FREE", "subtotal > FREE"),
    ),
    *(
        bug(30, DATA, "Search trips over a missing text", "catalog.py", "(each.description or \"\")", "each.description"),
        bug(31, DATA, "Stock unknown for the first order", "orders.py", "_taken.get(sku, 0) + l", "_taken[sku] + l"),
        bug(32, DATA, "Order without a sum", "api.py", "order.quote.total", "order.quote.totals"),
        bug(33, DATA, "Category is required", "api.py", 'query.get("category")', 'query["category"]'),
        bug(34, DATA, "Visitor without an address", "accounts.py", "        if email is None:\n            return None\n        return self._by_email", "        return self._by_email"),
        bug(35, DATA, "Line arguments swapped", "cart.py", "Line(self.catalog.get(sku), many)", "Line(many, self.catalog.get(sku))"),
        bug(36, DATA, "Page without its stock", "views.py", "                left=left,\n", ""),
        bug(37, DATA, "Order number from a table", "orders.py", "1001 + len(self._orders)", "1001 + self._orders"),
        bug(38, DATA, "Order number stays text", "views.py", "orders.get(int(number))", "orders.get(number)"),
        bug(39, DATA, "Address kept as typed", "accounts.py", 'email.strip().lower()\n        if not', 'email.strip()\n        if not'),
        bug(40, DATA, "Template asks for a wrong name", ORDER, "{% if open %}", "{% if opened %}"),
        bug(41, DATA, "Price misspelt in a template", CATEGORY, "product.price", "product.prize"),
    ),
    *(
        bug(42, FLAKY, "Carts share their contents", "cart.py", "quantities: dict[str, int] | None = None)", "quantities: dict[str, int] = {})", "cart.py", "{} if quantities is None else quantities", "quantities"),
        bug(43, FLAKY, "Tests share one cart", "tests/test_cart.py", "    def setUp(self) -> None:\n        self.cart", "    @classmethod\n    def setUpClass(self) -> None:\n        self.cart"),
        bug(44, FLAKY, "Coupons depend on today", "pricing.py", "self.clock().date()", "datetime.now().date()"),
        bug(45, FLAKY, "Categories in any order", "catalog.py", "sorted({each.category for each in self._by_sku.values()})", "list({each.category for each in self._by_sku.values()})"),
        bug(46, FLAKY, "A coupon works once per process", "pricing.py", "COUPONS.get(", "COUPONS.pop("),
    ),
    *(
        bug(47, UI, "Buy form without its product", PRODUCT, '  <input name="sku" type="hidden" value="{{ product.sku }}">\n', "", repairable=False),
        bug(48, DATA, "Time is no JSON", "api.py", "order.placed_at.isoformat()", "order.placed_at", repairable=False),
        bug(49, BACKEND, "Visitors share a session", "app.py", "secrets.token_hex(8)", 'str(len(secrets.__name__))', repairable=False),
        bug(50, BACKEND, "Stock is never taken", "orders.py", "        for line in lines:\n            sku = line.product.sku\n            self._taken[sku] = self._taken.get(sku, 0) + line.quantity\n", "", repairable=False),
    ),
)  # fmt: skip

BY_ID = {each.bug_id: each for each in BUGS}

PAIRS: dict[str, tuple[str, str]] = {
    "BUG-051": ("BUG-034", "BUG-022"),
    "BUG-052": ("BUG-026", "BUG-027"),
    "BUG-053": ("BUG-016", "BUG-024"),
    "BUG-054": ("BUG-020", "BUG-006"),
    "BUG-055": ("BUG-018", "BUG-012"),
}
"""Tasks that break two things at once."""

TASKS: tuple[str, ...] = (*BY_ID, *PAIRS)


def bugs_of(task: str) -> tuple[Bug, ...]:
    """The bugs that a task injects.

    Raises:
        KeyError: No task has this id.
    """
    return tuple(BY_ID[each] for each in PAIRS.get(task, (task,)))


def inject(task: str, workspace: Workspace) -> None:
    """Break the copy as the task says."""
    for each in bugs_of(task):
        for mutation in each.mutations:
            mutation.apply(workspace)
