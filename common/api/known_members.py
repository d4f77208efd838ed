"""Bodies whose every member is understood: a misspelt one is refused, never passed over in silence."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError


class KnownMembersOnly(serializers.Serializer):
    """Refuses members that the shape doesn't have; put it before the serializer that has the fields."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the parsed body.

        Raises:
            ValidationError: with a pointer to each unknown member, beside everything else that is wrong.
        """
        known = {field.field_name for field in self._writable_fields}
        unknown = sorted(set(map(str, data)) - known) if isinstance(data, Mapping) else []
        if not unknown:
            return super().to_internal_value(data)
        detail = ErrorDetail(gettext("There is no such field, or it can't be written here."), code="unknown_field")
        wrong: dict[str, Any] = {name: [detail] for name in unknown}
        try:
            super().to_internal_value(data)
        except ValidationError as further:
            wrong |= further.detail if isinstance(further.detail, dict) else {}
        raise ValidationError(wrong)
