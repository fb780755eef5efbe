from django.contrib import admin
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.conf import settings
from django.conf.urls.static import static
from django.urls import path
from hall import views

urlpatterns = [
    path("", views.pictures, name="pictures"),
    path("wrong/", views.wrong),
    path("admin/", admin.site.urls),
]
# Named here, for the settings have the mount before them as soon as a request has come.
urlpatterns += staticfiles_urlpatterns("static/") + static("media/", document_root=settings.MEDIA_ROOT)
