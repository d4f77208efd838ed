"""Who decides about reviews."""

from accounts.api.permissions import IsStaffWithRole


class IsModerator(IsStaffWithRole):
    permission = "reviews.change_review"
