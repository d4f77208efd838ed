from analytics.models.event_day import DirtyDay, EventDay
from analytics.models.visitor import DailySalt, Visitor

__all__ = ["DailySalt", "DirtyDay", "EventDay", "Visitor"]
