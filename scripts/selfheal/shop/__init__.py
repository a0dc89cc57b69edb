"""A web shop in the standard library alone: pages, a JSON API, carts, orders, accounts."""
