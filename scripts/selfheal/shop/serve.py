"""Serve the shop on loopback: ``python -m selfheal.shop.serve`` prints its port, then answers."""

from wsgiref.simple_server import WSGIRequestHandler, make_server

from selfheal.shop.app import Shop
from selfheal.shop.web import wsgi


class QuietHandler(WSGIRequestHandler):
    """Writes no access log."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until killed."""
    shop = Shop()
    with make_server("127.0.0.1", 0, wsgi(shop.answer), handler_class=QuietHandler) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
