"""Descriptions: Markdown in, safe HTML out."""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# Raw HTML stays text; headings begin below the page's own.
PARSER = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": True}).enable("table")
TAGS = {"p", "br", "em", "strong", "ul", "ol", "li", "blockquote", "h3", "h4", "code", "pre", "a", "hr"} | {
    *("table", "thead", "tbody", "tr", "th", "td"),
}
HEADINGS = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h4", "h5": "h4", "h6": "h4"}


def render_markdown(text: str) -> SafeString:
    """Return HTML that may stand on a page; links don't pass on the site's good name."""
    tokens = PARSER.parse(text)
    for token in tokens:
        token.tag = HEADINGS.get(token.tag, token.tag)
    rendered = PARSER.renderer.render(tokens, PARSER.options, {})
    clean = nh3.clean(
        rendered,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow ugc noopener",
    )
    return mark_safe(clean)  # noqa: S308  (sanitised on the line above)
