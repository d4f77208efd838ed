"""Distances on a round Earth."""

import math
from typing import NamedTuple

from django.db.models import F, IntegerField, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import ASin, Cast, Cos, Least, Power, Radians, Sin, Sqrt

# The mean radius (IUGG).
EARTH_KM = 6371.0088
KM_PER_DEGREE = EARTH_KM * math.pi / 180


class Circle(NamedTuple):
    """A point, metres around it, and the box that lets an index do the first cut."""

    latitude: float
    longitude: float
    cosine: float
    radius_m: int
    south: float
    north: float
    # Of the longitudes; None around a pole, where the circle touches all of them.
    west: float | None
    east: float | None
    # Where the box goes on beyond the date line.
    from_west: float | None
    from_east: float | None


def circle(latitude: float, longitude: float, radius_km: float) -> Circle:
    """Return the circle around a point."""
    reach = radius_km / KM_PER_DEGREE
    west = east = from_west = from_east = None
    widest = abs(latitude) + reach
    if widest < 89:
        wide = radius_km / (KM_PER_DEGREE * math.cos(math.radians(widest)))
        west, east = longitude - wide, longitude + wide
        from_west = west + 360 if west < -180 else None
        from_east = east - 360 if east > 180 else None
    cosine = math.cos(math.radians(latitude))
    south, north = latitude - reach, latitude + reach
    return Circle(latitude, longitude, cosine, int(radius_km * 1000), south, north, west, east, from_west, from_east)


def inside_box(around: Circle) -> Q:
    """Return the condition of the box."""
    found = Q(map_latitude__range=(around.south, around.north))
    if around.west is None:
        return found
    longitudes = Q(map_longitude__range=(around.west, around.east))
    if around.from_west is not None:
        longitudes |= Q(map_longitude__gte=around.from_west)
    if around.from_east is not None:
        longitudes |= Q(map_longitude__lte=around.from_east)
    return found & longitudes


def distance_m(around: Circle) -> Cast:
    """Return metres from the point, by the haversine formula."""

    def half_chord(column: str, degrees: float) -> Combinable:
        return Power(Sin(Radians(F(column) - Value(degrees)) / 2.0), 2)

    inside = half_chord("map_latitude", around.latitude) + Value(around.cosine) * Cos(
        Radians(F("map_latitude"))
    ) * half_chord("map_longitude", around.longitude)
    # Rounding may lead a hair beyond 1 on the other side of the Earth.
    return Cast(ASin(Sqrt(Least(inside, 1.0))) * (2000 * EARTH_KM), IntegerField())
