"""Distances on a round Earth."""

import math
from typing import Any

from django.db.models import F, IntegerField, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import ASin, Cast, Cos, Least, Power, Radians, Sin, Sqrt

# The mean radius (IUGG).
EARTH_KM = 6371.0088
KM_PER_DEGREE = EARTH_KM * math.pi / 180


def box_around(latitude: float, longitude: float, radius_km: float) -> dict[str, Any]:
    """Return the latitudes that the circle touches."""
    reach = radius_km / KM_PER_DEGREE
    return {"map_latitude__range": (latitude - reach, latitude + reach)}


def longitudes_around(latitude: float, longitude: float, radius_km: float) -> Q | None:
    """Return the longitudes that the circle touches, across the date line too; None around a pole: all of them."""
    widest = abs(latitude) + radius_km / KM_PER_DEGREE
    if widest >= 89:
        return None
    reach = radius_km / (KM_PER_DEGREE * math.cos(math.radians(widest)))
    west, east = longitude - reach, longitude + reach
    found = Q(map_longitude__range=(west, east))
    if west < -180:
        found |= Q(map_longitude__gte=west + 360)
    if east > 180:
        found |= Q(map_longitude__lte=east - 360)
    return found


def distance_m(latitude: float, longitude: float) -> Cast:
    """Return metres from the point, by the haversine formula."""

    def half_chord(column: str, degrees: float) -> Combinable:
        return Power(Sin(Radians(F(column) - Value(degrees)) / 2.0), 2)

    inside = half_chord("map_latitude", latitude) + Value(math.cos(math.radians(latitude))) * Cos(
        Radians(F("map_latitude"))
    ) * half_chord("map_longitude", longitude)
    # Rounding may lead a hair beyond 1 on the other side of the Earth.
    return Cast(ASin(Sqrt(Least(inside, 1.0))) * (2000 * EARTH_KM), IntegerField())
