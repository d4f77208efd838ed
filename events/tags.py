"""Tags: words that an organizer gives an event freely."""


def same_tag(written: str) -> str:
    """Return the one way in which a tag is stored and looked for."""
    return " ".join(written.split()).casefold()
