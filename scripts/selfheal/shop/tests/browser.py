"""A browser small enough to test with: it follows links, fills in forms, presses buttons.

It reads the delivered HTML as a visitor's browser does, so a lost handler, a wrong address or a
renamed field fails here. Of the script it understands submitting a form and one ``fetch``.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

from selfheal.shop.app import Shop
from selfheal.shop.web import Request, Response

VOID = {"input", "meta", "link", "br"}


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str]
    form: "Element | None" = None
    text: str = ""
    inside: "list[Element]" = field(default_factory=list)


class Page(HTMLParser):
    """A parsed page."""

    def __init__(self, html: str) -> None:
        """Parse the text of a page."""
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and the form that it belongs to."""
        forms = [each for each in self._open if each.tag == "form"]
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes, forms[-1] if forms else None)
        self.elements.append(element)
        for each in self._open:
            each.inside.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element of this name."""
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place].tag == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        """Add text to the open elements."""
        for element in self._open:
            element.text += data

    def with_class(self, name: str) -> list[Element]:
        """Elements of one class."""
        return [each for each in self.elements if each.attributes.get("class") == name]

    def find(self, name: str) -> Element:
        """The element with this id."""
        for element in self.elements:
            if element.attributes.get("id") == name:
                return element
        raise AssertionError(f"no element with id {name!r} on the page")

    def text(self, name: str) -> str:
        """The text of the element with this id."""
        return self.find(name).text.strip()


class Browser:
    """A visitor with a cookie, looking at one page at a time."""

    def __init__(self, shop: Shop) -> None:
        """Visit this shop."""
        self.shop = shop
        self.cookies: dict[str, str] = {}
        self.address = ""
        self.response = Response()
        self.page = Page("")

    def ask(self, method: str, address: str, form: dict[str, str] | None = None) -> Response:
        """One request, redirects followed."""
        split = urlsplit(address)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        request = Request(method, split.path, query, form or {}, dict(self.cookies))
        response = self.shop.answer(request)
        cookie = response.headers.get("Set-Cookie", "").partition(";")[0]
        if cookie:
            name, _, value = cookie.partition("=")
            self.cookies[name] = value
        if "Location" in response.headers:
            return self.ask("GET", response.headers["Location"])
        self.address, self.response = address, response
        self.page = Page(response.body if "html" in response.kind else "")
        return response

    def open(self, address: str) -> Page:
        """Go to a page that must be there."""
        response = self.ask("GET", address)
        self.must_succeed("GET", address, response)
        return self.page

    def must_succeed(self, method: str, address: str, response: Response) -> None:
        """Fail unless the shop answered well."""
        if response.status >= 400:
            said = response.body[:80] if response.kind == "text/plain" else ""
            raise AssertionError(f"{method} {address} answered {response.status} {said}".strip())

    def follow(self, element: Element) -> Page:
        """Click on a link."""
        return self.open(element.attributes.get("href", ""))

    def submit(self, form: Element, **values: str) -> Response:
        """Fill in a form by field name and send it."""
        filled = {
            each.attributes["name"]: each.attributes.get("value", "")
            for each in form.inside
            if each.tag == "input"
            and "name" in each.attributes
            and each.attributes.get("type") != "checkbox"
        }
        for name, value in values.items():
            known = [each.attributes.get("name") for each in form.inside if each.tag == "input"]
            if name not in known:
                form_id = form.attributes.get("id")
                raise AssertionError(f"form {form_id!r} has no field {name!r}")
            filled[name] = value
        address = form.attributes.get("action", self.address)
        if form.attributes.get("method", "get") == "post":
            return self.ask("POST", address, filled)
        return self.ask("GET", address + "?" + "&".join(f"{k}={v}" for k, v in filled.items()))

    def press(self, button: Element, **values: str) -> Response:
        """Press a button that must do something."""
        name = button.text.strip()
        if button.attributes.get("type") == "submit" and button.form:
            return self.submit(button.form, **values)
        call = re.fullmatch(r"(\w+)\((.*)\)", button.attributes.get("onclick", ""))
        if call is None:
            raise AssertionError(f"button {name!r} does nothing when pressed")
        body = self.script_function(call[1])
        if ".form.submit()" in body and button.form:
            return self.submit(button.form, **values)
        fetch = re.search(r'fetch\("([^"]+)" \+ \w+, \{ method: "(\w+)" \}\)', body)
        if fetch:
            return self.ask(fetch[2], fetch[1] + call[2].strip("'"))
        return self.response

    def script_function(self, name: str) -> str:
        """The body of a function of the page's script."""
        script = self.shop.answer(Request("GET", "/static/shop.js")).body
        found = re.search(
            rf"^function {name}\(\w*\) \{{(.*?)^\}}", script, re.DOTALL | re.MULTILINE
        )
        if found is None:
            raise AssertionError(f"the script has no function {name!r}")
        return found[1]
