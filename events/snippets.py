"""The words around a match."""

import html
import re

# Private-use characters that no text of ours contains: the text is escaped first, the marks are put in after.
START, STOP = "\ue000", "\ue001"
# No bracket inside of brackets: a text of nothing else would be read to its end from each of them.
MARKDOWN = re.compile(r"[*_#>`~]+|\[([^\[\]]*)\]\([^)]*\)")


def marked_snippet(headline: str | None) -> str | None:
    """Return escaped HTML with <mark> around the matches, without Markdown's signs."""
    if headline is None:
        return None
    plain = MARKDOWN.sub(lambda link: link[1] or "", headline)
    return html.escape(plain).replace(START, "<mark>").replace(STOP, "</mark>")
