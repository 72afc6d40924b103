from django.urls import path

from integrations import views

app_name = "integrations"
urlpatterns = [
    path("webhooks/", views.webhook_list, name="webhook-list"),
    path("webhooks/new/", views.webhook_new, name="webhook-new"),
    path("webhooks/<uuid:webhook_id>/", views.webhook_detail, name="webhook-detail"),
    path("webhooks/<uuid:webhook_id>/rotate/", views.webhook_renew, name="webhook-rotate"),
    path("webhooks/<uuid:webhook_id>/pause/", views.webhook_hold, name="webhook-pause"),
    path("webhooks/<uuid:webhook_id>/resume/", views.webhook_go_on, name="webhook-resume"),
    path("webhooks/<uuid:webhook_id>/remove/", views.webhook_end, name="webhook-remove"),
    path("webhooks/<uuid:webhook_id>/resend/", views.webhook_resend, name="webhook-resend"),
    path("webhooks/<uuid:webhook_id>/resend/<uuid:delivery_id>/", views.delivery_again, name="delivery-resend"),
]
