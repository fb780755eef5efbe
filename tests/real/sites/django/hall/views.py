from django import forms
from django.shortcuts import redirect, render

from .models import Picture


class PictureForm(forms.ModelForm):
    class Meta:
        model = Picture
        fields = ["title", "file"]


def pictures(request):
    form = PictureForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        form.save()
        return redirect("pictures")
    return render(request, "pictures.html", {"form": form, "pictures": Picture.objects.order_by("id")})


def wrong(request):
    treasure = "under the third stone"
    return [][len(treasure)]
