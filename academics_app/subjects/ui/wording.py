"""How subjects are said on screen."""

from decimal import Decimal


def hours(value: Decimal) -> str:
    """Without decimals that say nothing: 4, 4.5, 4.25."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")
