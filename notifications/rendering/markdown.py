"""One Markdown text, two readings: HTML for mails, plain text for everything else."""

from collections.abc import Iterable
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
# A mailing says the same to many: parsing costs more than all else about a short message.
_REMEMBERED = 64


@lru_cache(maxsize=_REMEMBERED)
def to_html(source: str) -> str:
    """Return HTML; HTML inside the source stays text, and a link alone in its paragraph is what the mail asks for."""
    tokens = _markdown.parse(source)
    for token in tokens:
        if token.type == "inline" and _is_one_link(token.children or []):
            (token.children or [])[0].attrSet("class", "action")
    return str(_markdown.renderer.render(tokens, _markdown.options, {}))


@lru_cache(maxsize=_REMEMBERED)
def to_text(source: str) -> str:
    """Return plain text: a link as "words: address", an item as a dash, a paragraph as a paragraph."""
    blocks: list[str] = []
    in_item = False
    for token in _markdown.parse(source):
        if token.type == "list_item_open":
            in_item = True
        elif token.type == "inline":
            words = _inline(token.children or [])
            blocks.append(f"– {words}" if in_item else words)
            in_item = False
    text = "\n\n".join(blocks)
    return text.replace("\n\n– ", "\n– ")


def links_in(source: str) -> list[str]:
    """Return where the links of a text lead."""
    inner = [token for block in _markdown.parse(source) for token in block.children or []]
    return [str(token.attrGet("href") or "") for token in inner if token.type == "link_open"]


def _is_one_link(tokens: list[Token]) -> bool:
    kinds = [token.type for token in tokens]
    return len(kinds) > 1 and kinds[0] == "link_open" and kinds.index("link_close") == len(kinds) - 1


def _inline(tokens: Iterable[Token]) -> str:
    parts: list[str] = []
    address = ""
    for token in tokens:
        if token.type == "link_open":
            address = str(token.attrGet("href") or "")
        elif token.type == "link_close":
            parts.append(f": {address}")
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)
