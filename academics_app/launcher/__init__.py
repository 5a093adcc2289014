"""Starting the product on one machine: the front-end build, the database, the web server, and stopping them.

Nothing here imports Reflex, pandas or the app itself: the supervising process starts fast and stays small.
"""
