"""Signing up, logging in, and the customer's page."""
# ruff: noqa: D102, PT009

from selfheal.shop.tests.case import ShopCase


class SignupTest(ShopCase):
    """The form for a new account."""

    def test_signing_up_leads_to_the_account(self) -> None:
        page = self.signup()
        self.assert_answered(200)
        self.assertEqual(page.text("name"), "Ada")
        self.assertEqual(page.text("email"), "ada@example.org")

    def test_an_address_is_stored_in_small_letters(self) -> None:
        page = self.signup(" Ada@Example.ORG ")
        self.assertEqual(page.text("email"), "ada@example.org")

    def test_a_password_of_eight_is_long_enough(self) -> None:
        self.signup(password="12345678")
        self.assert_answered(200)

    def test_a_short_password_is_refused(self) -> None:
        page = self.signup(password="1234567")
        self.assert_answered(422)
        self.assertEqual(page.text("error"), "the password needs 8 characters")

    def test_a_wrong_address_is_refused(self) -> None:
        page = self.signup("ada at example")
        self.assert_answered(422)
        self.assertEqual(page.text("error"), "this is no e-mail address")

    def test_an_address_has_one_account(self) -> None:
        self.signup()
        page = self.signup("ADA@example.org")
        self.assert_answered(422)
        self.assertEqual(page.text("error"), "this address has an account")

    def test_the_newsletter_is_a_choice(self) -> None:
        self.signup("zoe@example.org", newsletter="on")
        self.signup("bob@example.org")
        self.signup("amy@example.org", newsletter="on")
        found = self.shop.accounts.subscribers()
        self.assertEqual(found, ["amy@example.org", "zoe@example.org"])

    def test_the_password_can_be_shown(self) -> None:
        page = self.visitor.open("/signup")
        self.visitor.press(page.find("show"))
        self.assert_answered(200)


class LoginTest(ShopCase):
    """Logging in and out."""

    def setUp(self) -> None:
        super().setUp()
        self.signup()
        self.visitor.submit(self.visitor.page.find("logout"))

    def login(self, email: str, password: str) -> None:
        page = self.visitor.open("/login")
        self.visitor.submit(page.find("login"), email=email, password=password)

    def test_the_right_password_opens_the_account(self) -> None:
        self.login("Ada@example.org", "long enough")
        self.assert_answered(200)
        self.assertEqual(self.visitor.page.text("name"), "Ada")

    def test_a_wrong_password_is_refused(self) -> None:
        self.login("ada@example.org", "wrong word")
        self.assert_answered(401)
        self.assertEqual(self.visitor.page.text("error"), "wrong address or password")

    def test_an_unknown_address_is_refused(self) -> None:
        self.login("eve@example.org", "long enough")
        self.assert_answered(401)

    def test_the_account_needs_a_login(self) -> None:
        self.visitor.open("/account").find("login")

    def test_the_log_in_page_leads_to_the_sign_up(self) -> None:
        page = self.visitor.open("/login")
        self.visitor.follow(page.find("to-signup")).find("signup")

    def test_the_account_lists_the_orders(self) -> None:
        self.login("ada@example.org", "long enough")
        self.buy("tea-01")
        self.pay()
        orders = self.visitor.open("/account").with_class("order")
        self.assertEqual([each.text for each in orders], ["1001 placed"])
        self.assertEqual(self.visitor.follow(orders[0]).text("number"), "1001")

    def test_the_checkout_knows_the_customer(self) -> None:
        self.login("ada@example.org", "long enough")
        self.buy("tea-01")
        form = self.visitor.open("/checkout").find("order")
        self.assertEqual(form.inside[0].attributes["value"], "ada@example.org")
