"""What Reflex reads at build time and in each web process; the product's own settings are in core/config.py."""

import reflex as rx

from academics_app.core.config import get_settings

_settings = get_settings()

config = rx.Config(
    app_name="academics_app",
    cors_allowed_origins=_settings.origins,
    trusted_proxy_hops=_settings.trusted_proxy_hops,
    # State survives nothing that a page does not rebuild from its URL and cookie, so one process keeps it in memory;
    # several processes must share it, since a reconnect may reach another one.
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    redis_url=_settings.redis_url if _settings.web_workers > 1 else None,
    default_color_mode="system",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    plugins=[],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
