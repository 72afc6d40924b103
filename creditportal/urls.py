from django.contrib import admin
from django.urls import include, path

from creditportal import health

handler500 = "common.pages.server_error"

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("api/", include("creditportal.api")),
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("applications.urls")),
    path("", include("decisions.urls")),
    path("", include("monitoring.urls")),
]
