"""How far a clock is from UTC, as people read it."""

from datetime import datetime, timedelta


def utc_offset_text(local: datetime) -> str:
    """Write the offset of a moment that is in its place's zone: UTC+3, UTC−3:30."""
    minutes = int((local.utcoffset() or timedelta()).total_seconds()) // 60
    sign = "\N{MINUS SIGN}" if minutes < 0 else "+"
    whole, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{whole}" + (f":{rest:02}" if rest else "")
