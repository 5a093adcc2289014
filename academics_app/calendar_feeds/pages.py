"""The screen of calendar links."""

from academics_app.calendar_feeds.ui.links import calendar_links_page

PAGES = [calendar_links_page]
