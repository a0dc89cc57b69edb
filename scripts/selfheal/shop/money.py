"""Amounts are whole cents; this module is the only one that turns them into text and back."""

CURRENCY = "€"


def show(cents: int) -> str:
    """The amount as the pages print it: ``€12.50``, ``-€3.00``."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{CURRENCY}{whole}.{rest:02d}"


def percent_of(cents: int, percent: int) -> int:
    """A share of an amount, half a cent rounded up."""
    return (cents * percent + 50) // 100
