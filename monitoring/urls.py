from django.urls import path

from monitoring import model_views, views

app_name = "monitoring"
urlpatterns = [
    path("monitoring/", views.monitoring_overview, name="monitoring-overview"),
    path("monitoring/runs/", views.run_create, name="run-create"),
    path("monitoring/runs/<uuid:run_id>/", views.run_detail, name="run-detail"),
    path("monitoring/runs/<uuid:run_id>/again/", views.run_retry, name="run-retry"),
    path("monitoring/runs/<uuid:run_id>/features/<str:feature>/", views.feature_detail, name="feature-detail"),
    path("monitoring/runs/<uuid:run_id>/report/", views.report_detail, name="report-detail"),
    path("monitoring/runs/<uuid:run_id>/report/raw/", views.report_raw, name="report-raw"),
    path("monitoring/models/", model_views.model_list, name="model-list"),
    path("monitoring/models/<str:version>/", model_views.model_detail, name="model-detail"),
    path("monitoring/models/<str:version>/card/", model_views.model_card, name="model-card"),
    path("monitoring/models/<str:version>/card.md", model_views.model_card_markdown, name="model-card-markdown"),
]
