"""How the portal looks and answers to keys for one person, and the page that says which keys there are."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.services import user_preferences_set


class PreferencesForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("contrast", "text_size", "has_shortcuts")
        labels = {
            "contrast": gettext_lazy("Contrast"),
            "text_size": gettext_lazy("Size of the text"),
            "has_shortcuts": gettext_lazy("Use keys of one letter (j, k, /, ?)"),
        }
        help_texts = {
            "has_shortcuts": gettext_lazy("Switch them off where speech input or another tool sends letters."),
        }
        widgets = {
            "contrast": forms.RadioSelect,
            "text_size": forms.RadioSelect,
            "has_shortcuts": forms.CheckboxInput(attrs={"class": "form-check-input"}),
        }


@require_http_methods(["GET", "POST"])
@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        user_preferences_set(user=request.user, **form.cleaned_data)
        messages.success(request, _("Kept. Every page looks like this from now on."))
        return redirect("accounts:preferences")
    return render(request, "accounts/preferences.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@login_required
def keyboard_help(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/keyboard_help.html")
