from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from creditportal import health

handler500 = "common.pages.server_error"

# one door: the admin's own login would let a password through without the second factor
admin.site.login = secure_admin_login(admin.site.login)

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("api/", include("creditportal.api")),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("accounts/", include("creditportal.login_urls")),
    path("", include("applications.urls")),
    path("", include("scoring.urls")),
    path("", include("decisions.urls")),
    path("", include("monitoring.urls")),
    path("", include("integrations.urls")),
]
