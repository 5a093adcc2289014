"""The first screens."""

from academics_app.home.my_home import my_home_page
from academics_app.home.overview import overview_page
from academics_app.home.root import not_found_page, root_page

PAGES = [root_page, not_found_page, overview_page, my_home_page]
