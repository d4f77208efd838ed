"""How the back office looks. Its colours are the product's: those of static/css/tokens.css, in the theme's steps from light to dark.

The theme writes links in `primary-600` on light and in `primary-500` on dark grounds, and quiet words in `base-500` and
`base-400`: these are readable there (tested).
"""

from typing import Any

COLORS = {
    "base": {
        "50": "#f3f7f7",
        "100": "#e9f0f0",
        "200": "#d5e0e1",
        "300": "#b9c9cb",
        "400": "#8ea3a6",
        "500": "#567074",
        "600": "#3e5357",
        "700": "#2c3c40",
        "800": "#1d2b2e",
        "900": "#131e20",
        "950": "#0c1517",
    },
    "primary": {
        "50": "#effafa",
        "100": "#d5f1f2",
        "200": "#aee3e5",
        "300": "#7dcfd4",
        "400": "#5cc5cb",
        "500": "#2aa4ab",
        "600": "#0b6e75",
        "700": "#095a60",
        "800": "#0a484d",
        "900": "#0b3c40",
        "950": "#062528",
    },
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Aquastream",
    "SITE_HEADER": "Aquastream",
    "SITE_ICON": lambda _: "/static/img/mark.svg",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _: "/static/img/mark.svg"}],
    "STYLES": [lambda _: "/static/css/admin.css"],
    "COLORS": COLORS,
    "SHOW_LANGUAGES": True,
    # Unfold's badge for test installations; here it says in which zone the times are.
    "ENVIRONMENT": "accounts.admin_site.zone_badge",
}
