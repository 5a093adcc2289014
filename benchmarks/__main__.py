"""`make bench`: the product's speed on one web process and embedded PostgreSQL, beside the floor of its own SQL."""

import argparse
import asyncio
import os
import secrets
import sys
import tempfile
from pathlib import Path

os.environ |= {
    "SECRET_KEY": secrets.token_urlsafe(48),
    "ACCESS_TOKEN_LIFETIME": "PT2H",
    "REDIS_URL": "",
    "ENVIRONMENT": "development",
}


def main() -> int:
    """Exit code 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=4.0, help="for each of product and floor, in each line"
    )
    parser.add_argument("--only", default="", help="bulk, roster, summary, live, clashes or reads")
    parser.add_argument("--api-only", action="store_true", help="serve the API without the screens")
    arguments = parser.parse_args()

    from academics_app.core.logging import configure_logging
    from benchmarks import clashes, live, reads, rest
    from benchmarks.institute import large_institute

    configure_logging("warning")
    good = True
    with tempfile.TemporaryDirectory(prefix="academics-bench-") as directory, large_institute() as url:
        if arguments.only not in ("live", "clashes", "reads"):
            lines = asyncio.run(
                rest.run(
                    url,
                    Path(directory),
                    seconds=arguments.seconds,
                    screens=not arguments.api_only,
                    only=arguments.only,
                )
            )
            good = all(line.is_good for line in lines)
            print(f"\nGoal: ratio at least {rest.GOAL}. {'Reached.' if good else 'Missed.'}")
        if arguments.only in ("", "live") and not arguments.api_only:
            good &= asyncio.run(live.run(url, Path(directory))).is_good
        if arguments.only in ("", "clashes"):
            good &= all(line.is_good for line in asyncio.run(clashes.run(url)))
        if arguments.only in ("", "reads"):
            good &= all(line.is_good for line in asyncio.run(reads.run(url)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
