"""How pages name what the database abbreviates."""

from notifications.models.choices import Category, Channel


def category_label(category: str) -> str:
    return str(Category(category).label)


def channel_label(channel: str) -> str:
    return str(Channel(channel).label)
