"""Shapes of levels, callbacks, simulation and one's own points."""

from rest_framework import serializers

from common.api.examples import shown_as
from loyalty.api.serializers import points
from loyalty.models import Callback, CallbackEvent, Level

LEVEL = {"name": "gold", "turnover": "50000.00", "percent": "5.00"}
MINE = {
    "active_points": "250.00",
    "pending_points": "0.00",
    "held_points": "0.00",
    "debt": "0.00",
    "level": "gold",
    "referral_code": "ABCD23",
    "expires_next_at": "2027-06-02T07:12:00Z",
    "expires_next_points": "50.00",
}
CALLBACK = {
    "url": "https://shop.example/hook",
    "is_enabled": True,
    "disabled_reason": "",
    "failures": 0,
    "rests_until": None,
    "changed_at": "2026-06-02T07:12:00Z",
}
CALLBACK_WITH_KEY = CALLBACK | {"key": "whsec_bGV0IG1lIGluIHBsZWFzZQ=="}
EVENT = {
    "id": "01997b1e-7d1a-7c52-9a51-0f6f3f0f5b21",
    "event": "bonus_awarded",
    "status": "delivered",
    "attempts": 1,
    "last_status": 200,
    "last_error": "",
    "next_attempt_at": "2026-06-02T07:12:00Z",
    "created_at": "2026-06-02T07:12:00Z",
    "finished_at": "2026-06-02T07:12:01Z",
}
SIMULATION = {
    "understood": {"format": "standard", "action": "purchase"},
    "outcomes": [{"outcome": "accrued", "points": "250.00"}],
    "entries": [{"movement": "accrual", "place": "active", "amount": "250.00"}],
    "explanations": [{"formula": "5000 × 5.00 % = 250.00"}],
}


@shown_as(MINE)
class MyLoyaltySerializer(serializers.Serializer):
    """The caller's points; `expires_next_points` are lost at `expires_next_at` unless they are spent."""

    active_points = points()
    pending_points = points()
    held_points = points()
    debt = points()
    level = serializers.CharField()
    referral_code = serializers.CharField()
    expires_next_at = serializers.DateTimeField(allow_null=True)
    expires_next_points = points()


@shown_as(LEVEL)
class LevelSerializer(serializers.ModelSerializer):
    """A level: its percent is added from this turnover on."""

    turnover = serializers.DecimalField(max_digits=14, decimal_places=2, min_value=1)
    percent = serializers.DecimalField(max_digits=5, decimal_places=2, min_value=0, max_value=100)

    class Meta:
        model = Level
        fields = ["name", "turnover", "percent"]


class CallbackInput(serializers.Serializer):
    """An address of the shop, https."""

    url = serializers.CharField(max_length=500)


@shown_as(CALLBACK)
class CallbackSerializer(serializers.ModelSerializer):
    """The address and its health."""

    class Meta:
        model = Callback
        fields = list(CALLBACK)


@shown_as(CALLBACK_WITH_KEY)
class CallbackWithKeySerializer(serializers.ModelSerializer):
    """The same for who may change it: the key signs what is sent to the shop."""

    class Meta:
        model = Callback
        fields = list(CALLBACK_WITH_KEY)


@shown_as(EVENT)
class CallbackEventSerializer(serializers.ModelSerializer):
    """An event on its way to the shop."""

    class Meta:
        model = CallbackEvent
        fields = list(EVENT)


class ReplayInput(serializers.Serializer):
    """Events to send again."""

    events = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=1000)


@shown_as({"replayed": 3})
class ReplayedSerializer(serializers.Serializer):
    """How many of them were dead and will be sent again."""

    replayed = serializers.IntegerField()


class SimulationInput(serializers.Serializer):
    """A webhook's body as text."""

    body = serializers.CharField(max_length=1_000_000, trim_whitespace=False)
    content_type = serializers.CharField(max_length=100, default="application/json")


@shown_as(SIMULATION)
class SimulationSerializer(serializers.Serializer):
    """What was understood, what would come of it, the entries that would be posted and why."""

    understood = serializers.DictField()
    outcomes = serializers.ListField(child=serializers.DictField())
    entries = serializers.ListField(child=serializers.DictField())
    explanations = serializers.ListField(child=serializers.DictField())
