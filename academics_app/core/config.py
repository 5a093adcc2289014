"""The one typed Settings object: environment variables over `.env` over these defaults.

Every field is listed in `.env.example`; a test fails when one is missing there.
"""

import os
import re
import secrets
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """Typed settings. Names are the environment variables' names in lower case."""

    model_config = SettingsConfigDict(env_file=PROJECT_ROOT / ".env", extra="ignore")

    environment: Literal["development", "test", "production"] = "development"
    data_dir: Path = PROJECT_ROOT / "data"
    """Where embedded PostgreSQL, uploaded files and the generated development secret live."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str = ""
    """The address in the browser's bar, e.g. `https://academics.example.org`. Empty: `http://localhost:<port>`."""
    allowed_origins: list[str] = []
    """Further browser origins that may call the API and open websockets; none by default."""
    trusted_proxy_hops: int = Field(default=0, ge=0)

    database_url: str = ""
    """Any PostgreSQL ≥ 15. Empty: the embedded one, in `data_dir/postgres`."""
    database_pool_size: int = Field(default=10, ge=1)
    redis_url: str = ""
    """Redis ≥ 7 for live messages between processes. Empty: in-process."""
    web_workers: int = Field(default=1, ge=1)
    """Web processes; more than one needs `redis_url`."""

    secret_key: SecretStr = SecretStr("")
    """Signs every token. Required in production; elsewhere one is generated once in `data_dir`."""
    access_token_lifetime: timedelta = timedelta(minutes=15)
    refresh_token_lifetime: timedelta = timedelta(days=14)
    screen_session_lifetime: timedelta = timedelta(hours=12)
    secure_cookies: bool | None = None
    """Whether cookies carry `Secure`. Unset: when `public_url` is https."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    demo: bool = True
    """Whether a new, empty development database is filled with the invented demo institute."""

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, url: str) -> str:
        """Hosts hand out `postgres://` addresses, which SQLAlchemy would read as another driver's."""
        return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.environment == "production" and len(self.secret_key.get_secret_value()) < 32:
            raise ValueError("SECRET_KEY must be set to at least 32 characters in production")
        if self.web_workers > 1 and not self.redis_url:
            raise ValueError("WEB_WORKERS above 1 needs REDIS_URL: live messages must cross processes")
        return self

    @property
    def base_url(self) -> str:
        """The product's own origin, without a trailing slash."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def origins(self) -> list[str]:
        """Browser origins that may talk to this server with credentials."""
        own = [self.base_url] if self.public_url else [self.base_url, f"http://127.0.0.1:{self.port}"]
        return [*own, *(origin.rstrip("/") for origin in self.allowed_origins)]

    @property
    def cookies_are_secure(self) -> bool:
        """Whether cookies must be sent over https only."""
        return self.base_url.startswith("https://") if self.secure_cookies is None else self.secure_cookies

    def signing_key(self) -> str:
        """The key that signs tokens; outside production it is made once and kept in `data_dir`."""
        configured = self.secret_key.get_secret_value()
        if configured:
            return configured
        return _generated_key(self.data_dir / "secret_key")


@cache
def _generated_key(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


@cache
def get_settings() -> Settings:
    """The process's settings, read once."""
    return Settings()
