"""Customers: sign-up, log-in, who is who."""

import hashlib
import re
from dataclasses import dataclass

SHORTEST_PASSWORD = 8
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class SignupRefused(ValueError):
    """The form cannot become an account; the text says why."""


@dataclass
class Account:
    """One customer."""

    email: str
    name: str
    password: str
    newsletter: bool = False


def digest(email: str, password: str) -> str:
    """A password as it is stored."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), email.encode(), 50).hex()


class Accounts:
    """All customers by e-mail address."""

    def __init__(self) -> None:
        """Start without customers."""
        self._by_email: dict[str, Account] = {}

    def signup(self, email: str, name: str, password: str, newsletter: bool = False) -> Account:
        """Open an account, or raise ``SignupRefused``."""
        email = email.strip().lower()
        if not EMAIL.fullmatch(email):
            raise SignupRefused("this is no e-mail address")
        if len(password) < SHORTEST_PASSWORD:
            raise SignupRefused(f"the password needs {SHORTEST_PASSWORD} characters")
        if email in self._by_email:
            raise SignupRefused("this address has an account")
        account = Account(email, name.strip(), digest(email, password), newsletter)
        self._by_email[email] = account
        return account

    def login(self, email: str, password: str) -> Account | None:
        """The account, if the password is right."""
        email = email.strip().lower()
        account = self._by_email.get(email)
        if account is None or account.password != digest(email, password):
            return None
        return account

    def find(self, email: str | None) -> Account | None:
        """The account with this address, if there is one."""
        if email is None:
            return None
        return self._by_email.get(email.strip().lower())

    def subscribers(self) -> list[str]:
        """Addresses that get the newsletter, in alphabetical order."""
        return sorted(each.email for each in self._by_email.values() if each.newsletter)
