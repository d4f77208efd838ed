"""What the platform owes organizers, as something that staff may be allowed to see."""

from django.utils.translation import gettext_lazy as _

from bookings.models.payment import Payment


class Settlement(Payment):
    """No table of its own: the permission to read statements hangs on it."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = _("settlement with organizers")
        verbose_name_plural = _("settlements with organizers")
