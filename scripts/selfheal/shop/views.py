"""The shop's pages: read the request, ask the shop, fill a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfheal.shop.accounts import SignupRefused
from selfheal.shop.cart import QuantityRefused
from selfheal.shop.catalog import UnknownProduct
from selfheal.shop.orders import Order, OrderRefused
from selfheal.shop.pricing import CouponRefused
from selfheal.shop.render import page
from selfheal.shop.web import BadRequest, NotFound, Request, Response, redirect

if TYPE_CHECKING:
    from selfheal.shop.app import Shop


class Views:
    """One method per page or form."""

    def __init__(self, shop: Shop) -> None:
        """Serve this shop."""
        self.shop = shop

    def home(self, request: Request) -> Response:
        """The front page."""
        catalog = self.shop.catalog
        shelves = [
            {"name": name, "products": catalog.in_category(name)} for name in catalog.categories()
        ]
        count = self.shop.session(request).cart.count()
        return Response(page("home.html", "Tea & Co", shelves=shelves, count=count))

    def search(self, request: Request) -> Response:
        """What a search found."""
        words = request.query.get("q", "")
        found = self.shop.catalog.search(words)
        empty = not found
        return Response(page("search.html", "Search", words=words, products=found, empty=empty))

    def category(self, request: Request) -> Response:
        """One category."""
        name = request.args["name"]
        found = self.shop.catalog.in_category(name)
        if not found:
            raise NotFound(name)
        return Response(page("category.html", name.title(), name=name, products=found))

    def product(self, request: Request) -> Response:
        """One product."""
        sku = request.args["sku"]
        try:
            product = self.shop.catalog.get(sku)
        except UnknownProduct as error:
            raise NotFound(sku) from error
        left = self.shop.orders.available(sku)
        related = self.shop.catalog.related(sku)
        return Response(
            page(
                "product.html",
                product.name,
                product=product,
                left=left,
                can_buy=left > 0,
                sold_out=left <= 0,
                related=related,
            )
        )

    def cart(self, request: Request) -> Response:
        """The visitor's cart."""
        cart = self.shop.session(request).cart
        lines = cart.lines()
        quote = self.shop.pricing.quote(cart)
        return Response(
            page("cart.html", "Your cart", lines=lines, quote=quote, filled=bool(lines))
        )

    def cart_add(self, request: Request) -> Response:
        """Put a product into the cart."""
        cart = self.shop.session(request).cart
        try:
            cart.add(request.need("sku"), request.number("quantity"))
        except UnknownProduct as error:
            raise NotFound(str(error)) from error
        except QuantityRefused as error:
            raise BadRequest(str(error)) from error
        return redirect("/cart")

    def cart_change(self, request: Request) -> Response:
        """Change how many of a product are in the cart."""
        cart = self.shop.session(request).cart
        try:
            cart.change(request.need("sku"), request.number("quantity"))
        except UnknownProduct as error:
            raise NotFound(str(error)) from error
        except QuantityRefused as error:
            raise BadRequest(str(error)) from error
        return redirect("/cart")

    def checkout(self, request: Request) -> Response:
        """The form that asks for address and coupon."""
        session = self.shop.session(request)
        if session.cart.count() == 0:
            return redirect("/cart")
        quote = self.shop.pricing.quote(session.cart)
        email = session.email or ""
        return Response(page("checkout.html", "Checkout", quote=quote, email=email, error=None))

    def place_order(self, request: Request) -> Response:
        """Place the order, or show the form again with the reason."""
        session = self.shop.session(request)
        email = request.need("email")
        address = request.need("address")
        coupon = request.form.get("coupon")
        try:
            order = self.shop.orders.place(session.cart, email, address, coupon)
        except (OrderRefused, CouponRefused) as error:
            quote = self.shop.pricing.quote(session.cart)
            form = page("checkout.html", "Checkout", quote=quote, email=email, error=str(error))
            return Response(form, 422)
        return redirect(f"/order/{order.number}")

    def find_order(self, request: Request) -> Order:
        """The order an address names."""
        number = request.args["number"]
        order = self.shop.orders.get(int(number)) if number.isdigit() else None
        if order is None:
            raise NotFound(f"order {number}")
        return order

    def order(self, request: Request) -> Response:
        """One order."""
        order = self.find_order(request)
        open_order = order.state == "placed"
        return Response(page("order.html", "Your order", order=order, open=open_order))

    def cancel_order(self, request: Request) -> Response:
        """Cancel an order."""
        order = self.find_order(request)
        if not self.shop.orders.cancel(order.number):
            return Response("this order cannot be cancelled", 409, "text/plain")
        return redirect(f"/order/{order.number}")

    def signup_form(self, request: Request) -> Response:
        """The form for a new account."""
        return Response(page("signup.html", "Sign up", error=None))

    def signup(self, request: Request) -> Response:
        """Open an account and log in, or show the form again with the reason."""
        email = request.need("email")
        newsletter = request.form.get("newsletter") == "on"
        try:
            account = self.shop.accounts.signup(
                email, request.need("name"), request.need("password"), newsletter
            )
        except SignupRefused as error:
            return Response(page("signup.html", "Sign up", error=str(error)), 422)
        self.shop.session(request).email = account.email
        return redirect("/account")

    def login_form(self, request: Request) -> Response:
        """The form to log in."""
        return Response(page("login.html", "Log in", error=None))

    def login(self, request: Request) -> Response:
        """Log in, or show the form again."""
        account = self.shop.accounts.login(request.need("email"), request.need("password"))
        if account is None:
            return Response(page("login.html", "Log in", error="wrong address or password"), 401)
        self.shop.session(request).email = account.email
        return redirect("/account")

    def logout(self, request: Request) -> Response:
        """Log out; the cart stays."""
        self.shop.session(request).email = None
        return redirect("/")

    def account(self, request: Request) -> Response:
        """The customer's own page, or the log-in form."""
        account = self.shop.accounts.find(self.shop.session(request).email)
        if account is None:
            return redirect("/login")
        orders = self.shop.orders.of_customer(account.email)
        return Response(page("account.html", "Your account", account=account, orders=orders))
