"""The screens of accounts."""

from academics_app.accounts.ui.account import account_page
from academics_app.accounts.ui.sign_in import invitation_page, login_page, setup_page, sign_up_page
from academics_app.accounts.ui.users import users_page

PAGES = [login_page, sign_up_page, setup_page, invitation_page, users_page, account_page]
