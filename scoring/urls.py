from django.urls import path

from scoring.batches import views

app_name = "scoring"
urlpatterns = [
    path("batches/", views.batch_list, name="batch-list"),
    path("batches/new/", views.batch_new, name="batch-new"),
    path("batches/<uuid:batch_id>/", views.batch_detail, name="batch-detail"),
    path("batches/<uuid:batch_id>/cancel/", views.batch_stop, name="batch-cancel"),
    path("batches/<uuid:batch_id>/<str:part>.<str:kind>", views.batch_file, name="batch-file"),
]
