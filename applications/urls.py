from django.urls import path

from applications import views

app_name = "applications"
urlpatterns = [
    path("applications/", views.application_list, name="application-list"),
    path("applications/new/", views.application_new, name="application-new"),
    path("applications/<uuid:application_id>/", views.application_detail, name="application-detail"),
    path("applicants/", views.applicant_list, name="applicant-list"),
    path("applicants/<uuid:applicant_id>/", views.applicant_detail, name="applicant-detail"),
]
