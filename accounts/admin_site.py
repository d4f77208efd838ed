"""The back office: for staff with a verified second factor."""

from unfold.sites import UnfoldAdminSite


class SecondFactorAdminSite(UnfoldAdminSite):
    """Django admin that asks for a one-time code."""
