from django.urls import path

from monitoring import views

app_name = "monitoring"
urlpatterns = [
    path("monitoring/", views.monitoring_overview, name="monitoring-overview"),
    path("monitoring/runs/", views.run_create, name="run-create"),
    path("monitoring/runs/<uuid:run_id>/", views.run_detail, name="run-detail"),
    path("monitoring/runs/<uuid:run_id>/again/", views.run_retry, name="run-retry"),
    path("monitoring/runs/<uuid:run_id>/features/<str:feature>/", views.feature_detail, name="feature-detail"),
    path("monitoring/runs/<uuid:run_id>/report/", views.report_detail, name="report-detail"),
    path("monitoring/runs/<uuid:run_id>/report/raw/", views.report_raw, name="report-raw"),
]
