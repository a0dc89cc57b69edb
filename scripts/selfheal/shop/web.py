"""Requests, responses, routes: the WSGI side of the shop; knows nothing of what is sold."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl


class NotFound(LookupError):
    """Nothing stands at this address."""


class BadRequest(ValueError):
    """The request lacks something or holds something impossible."""


@dataclass
class Request:
    """One request: ``query`` and ``form`` hold the last value of each field."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)

    def need(self, name: str) -> str:
        """A form field that must be there."""
        if name not in self.form:
            raise BadRequest(f"missing field: {name}")
        return self.form[name]

    def number(self, name: str) -> int:
        """A form field that must be a whole number."""
        text = self.need(name)
        if not re.fullmatch(r"-?[0-9]{1,6}", text):
            raise BadRequest(f"not a number: {name}")
        return int(text)


@dataclass
class Response:
    """One answer."""

    body: str = ""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def as_json(value: object, status: int = 200) -> Response:
    """An answer for programs."""
    return Response(json.dumps(value), status, "application/json")


def redirect(address: str) -> Response:
    """Send the browser on, with GET."""
    return Response(status=303, headers={"Location": address})


Handler = Callable[[Request], Response]


class Router:
    """Addresses and what answers them; ``<name>`` in an address matches one part of a path."""

    def __init__(self) -> None:
        """Start without addresses."""
        self.routes: list[tuple[str, re.Pattern[str], Handler]] = []

    def add(self, method: str, address: str, handler: Handler) -> None:
        """Let a handler answer a method at an address."""
        pattern = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", address)
        self.routes.append((method, re.compile(pattern), handler))

    def answer(self, request: Request) -> Response:
        """The handler's answer; 404, 405 and 400 are made here."""
        methods = set[str]()
        for method, pattern, handler in self.routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                request.args = match.groupdict()
                try:
                    return handler(request)
                except NotFound as error:
                    return Response(f"not found: {error}", 404, "text/plain")
                except BadRequest as error:
                    return Response(f"bad request: {error}", 400, "text/plain")
            if match:
                methods.add(method)
        if methods:
            return Response("method not allowed", 405, headers={"Allow": ", ".join(methods)})
        return Response("not found", 404, "text/plain")


def read_request(environ: dict[str, Any]) -> Request:
    """The request that a WSGI environment describes."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    form = environ["wsgi.input"].read(length).decode() if length else ""
    cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
    return Request(
        environ["REQUEST_METHOD"],
        environ.get("PATH_INFO", "/"),
        dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        dict(parse_qsl(form, keep_blank_values=True)),
        {name: morsel.value for name, morsel in cookies.items()},
    )


def wsgi(answer: Handler) -> Callable[..., Iterable[bytes]]:
    """A handler as a WSGI application."""

    def application(
        environ: dict[str, Any], start_response: Callable[..., object]
    ) -> Iterable[bytes]:
        response = answer(read_request(environ))
        body = response.body.encode()
        phrase = HTTPStatus(response.status).phrase
        headers = {
            "Content-Type": response.kind,
            "Content-Length": str(len(body)),
            **response.headers,
        }
        start_response(f"{response.status} {phrase}", list(headers.items()))
        return [body]

    return application
