from django.urls import path

from accounts import keys, preferences, views

app_name = "accounts"
urlpatterns = [
    path("accounts/language/", views.language_set, name="language-set"),
    path("accounts/preferences/", preferences.preferences, name="preferences"),
    path("accounts/keyboard/", preferences.keyboard_help, name="keyboard-help"),
    path("keys/", keys.key_list, name="key-list"),
    path("keys/new/", keys.key_create, name="key-create"),
    path("keys/<uuid:key_id>/rotate/", keys.key_rotate, name="key-rotate"),
    path("keys/<uuid:key_id>/revoke/", keys.key_revoke, name="key-revoke"),
]
