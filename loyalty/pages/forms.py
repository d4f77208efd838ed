"""Forms of the shop's pages."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ImportForm(forms.Form):
    """A file of customers."""

    file = forms.FileField(label=_("CSV file, 5 MB at most"))


class ProjectForm(forms.Form):
    """A new programme: everything else can be changed later."""

    name = forms.CharField(label=_("Name of the shop"), max_length=120)
    base_percent = forms.DecimalField(
        label=_("Percent of a purchase given as points"), min_value=0, max_value=100, decimal_places=2, initial=5
    )
