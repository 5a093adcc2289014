"""Screens of accounts: signing in and up, one's own account, and the admin's list of users."""
