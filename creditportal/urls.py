from django.urls import include, path

from creditportal import health

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("api/", include("creditportal.api")),
    path("accounts/", include("allauth.urls")),
]
