"""QR codes as pictures."""

import segno

_QUIET_ZONE = 4


def qr_image(text: str) -> str:
    """The text as a QR code that survives a quarter of it being unreadable or badly lit; a `data:` address for an img."""
    return segno.make(text, error="q", micro=False).svg_data_uri(
        border=_QUIET_ZONE, dark="#000", light="#fff"
    )
