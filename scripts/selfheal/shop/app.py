"""The shop put together: state, sessions, and which view answers which address."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from selfheal.shop import api, views
from selfheal.shop.accounts import Accounts
from selfheal.shop.cart import Cart
from selfheal.shop.catalog import Catalog
from selfheal.shop.orders import Orders
from selfheal.shop.pricing import Clock, Pricing
from selfheal.shop.web import NotFound, Request, Response, Router

STATIC = Path(__file__).parent / "static"


@dataclass
class Session:
    """One visitor."""

    cart: Cart
    email: str | None = None


@dataclass
class Shop:
    """Everything the views work on."""

    clock: Clock = datetime.now
    catalog: Catalog = field(default_factory=Catalog)
    accounts: Accounts = field(default_factory=Accounts)

    def __post_init__(self) -> None:
        """Build what depends on the clock and the catalog."""
        self.pricing = Pricing(self.clock)
        self.orders = Orders(self.catalog, self.pricing)
        self.sessions: dict[str, Session] = {}
        self.router = Router()
        routes(self.router, self)

    def session(self, request: Request) -> Session:
        """The visitor's session, opened at the first visit."""
        key = request.cookies.get("visit", "")
        if key not in self.sessions:
            self.sessions[key] = Session(Cart(self.catalog))
        return self.sessions[key]

    def answer(self, request: Request) -> Response:
        """Answer one request; a visitor without a cookie gets one."""
        fresh = "visit" not in request.cookies
        if fresh:
            request.cookies["visit"] = secrets.token_hex(8)
        response = self.router.answer(request)
        if fresh:
            response.headers["Set-Cookie"] = f"visit={request.cookies['visit']}; HttpOnly; Path=/"
        return response


def static(request: Request) -> Response:
    """A file of the ``static`` folder."""
    file = STATIC / request.args["name"]
    if file.parent != STATIC or not file.is_file():
        raise NotFound(request.args["name"])
    return Response(file.read_text(encoding="utf-8"), kind="text/javascript")


def routes(router: Router, shop: Shop) -> None:
    """Every address of the shop."""
    pages = views.Views(shop)
    data = api.Api(shop)
    router.add("GET", "/", pages.home)
    router.add("GET", "/search", pages.search)
    router.add("GET", "/category/<name>", pages.category)
    router.add("GET", "/product/<sku>", pages.product)
    router.add("GET", "/cart", pages.cart)
    router.add("POST", "/cart/add", pages.cart_add)
    router.add("POST", "/cart/change", pages.cart_change)
    router.add("GET", "/checkout", pages.checkout)
    router.add("POST", "/checkout", pages.place_order)
    router.add("GET", "/order/<number>", pages.order)
    router.add("POST", "/order/<number>/cancel", pages.cancel_order)
    router.add("GET", "/signup", pages.signup_form)
    router.add("POST", "/signup", pages.signup)
    router.add("GET", "/login", pages.login_form)
    router.add("POST", "/login", pages.login)
    router.add("POST", "/logout", pages.logout)
    router.add("GET", "/account", pages.account)
    router.add("GET", "/static/<name>", static)
    router.add("GET", "/health", data.health)
    router.add("GET", "/api/products", data.products)
    router.add("GET", "/api/products/<sku>", data.product)
    router.add("GET", "/api/cart", data.cart)
    router.add("DELETE", "/api/cart/<sku>", data.cart_remove)
    router.add("GET", "/api/orders/<number>", data.order)
