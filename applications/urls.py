from django.urls import path

from applications import views
from applications.documents import views as documents
from applications.intake import views as intake

app_name = "applications"
urlpatterns = [
    path("applications/", views.application_list, name="application-list"),
    path("applications/new/", intake.application_new, name="application-new"),
    path("applications/new/file/", intake.application_from_file, name="application-from-file"),
    path("applications/drafts/", intake.draft_list, name="draft-list"),
    path("applications/drafts/save/", intake.draft_save_view, name="draft-save"),
    path("applications/drafts/<uuid:draft_id>/delete/", intake.draft_delete, name="draft-delete"),
    path("applications/<uuid:application_id>/", views.application_detail, name="application-detail"),
    path("applications/<uuid:application_id>/documents/", documents.document_list, name="document-list"),
    path(
        "applications/<uuid:application_id>/documents/<uuid:document_id>/",
        documents.document_read,
        name="document-read",
    ),
    path(
        "applications/<uuid:application_id>/documents/<uuid:document_id>/withdraw/",
        documents.document_withdraw_view,
        name="document-withdraw",
    ),
    path("applicants/", views.applicant_list, name="applicant-list"),
    path("applicants/<uuid:applicant_id>/", views.applicant_detail, name="applicant-detail"),
]
