"""The database: one engine per process, `transaction()` — the only commit in the code base — and `reading()`."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from academics_app.core import live

_engine: AsyncEngine | None = None
_reading_engine: AsyncEngine | None = None
_pinned: AsyncConnection | None = None

_TOPICS = "live_topics"


def open_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Make the process's engine. Sessions run in UTC with PostgreSQL's jit off.

    The pool does not overflow: beyond it requests queue, which is cheaper than opening a connection for each. So no
    task may hold one connection while it asks for another.
    """
    global _engine, _reading_engine  # noqa: PLW0603 - one engine per process is the point
    _engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_recycle=1800,
        pool_use_lifo=True,
        connect_args={"options": "-c timezone=UTC -c jit=off", "prepare_threshold": 3},
    )
    _reading_engine = _engine.execution_options(isolation_level="AUTOCOMMIT")
    return _engine


async def close_engine() -> None:
    """Close every pooled connection."""
    if _engine is not None:
        await _engine.dispose()


def engine() -> AsyncEngine:
    """The process's engine; an error before `open_engine`."""
    if _engine is None:
        raise RuntimeError("open_engine() was not called")
    return _engine


@asynccontextmanager
async def transaction() -> AsyncIterator[AsyncSession]:
    """A session whose work is committed when the block ends well and rolled back, by closing, when it raises.

    The topics that services announced are published after the commit, never before and never without it.
    """
    async with _session(_engine) as session:
        yield session
        await session.commit()
        topics = session.info.pop(_TOPICS, None)
    if topics:
        await live.publish(*topics)


@asynccontextmanager
async def reading() -> AsyncIterator[AsyncSession]:
    """A session for reads alone: each statement sees the newest committed state, and nothing is sent to begin or
    end a transaction. What is changed on it is lost."""
    async with _session(_reading_engine) as session:
        yield session


def announce(session: AsyncSession, *topics: str) -> None:
    """Publish these topics once the session's transaction has committed."""
    session.info.setdefault(_TOPICS, {}).update(dict.fromkeys(topics))


@contextmanager
def pinned_to(connection: AsyncConnection) -> Iterator[None]:
    """Tests only: every session inside the block works in savepoints of the connection's own transaction."""
    global _pinned  # noqa: PLW0603 - tests run one after another
    _pinned = connection
    try:
        yield
    finally:
        _pinned = None


def _session(bind: AsyncEngine | None) -> AsyncSession:
    if _pinned is not None:
        return AsyncSession(
            _pinned, expire_on_commit=False, autoflush=False, join_transaction_mode="create_savepoint"
        )
    if bind is None:
        raise RuntimeError("open_engine() was not called")
    return AsyncSession(bind, expire_on_commit=False, autoflush=False)
