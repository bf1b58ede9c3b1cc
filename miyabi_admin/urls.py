"""URLs: all of them are the console's."""

from django.urls import include, path

urlpatterns = [path("", include("secrets_ui.urls"))]
handler400 = "secrets_ui.views.errors.bad_request"
handler403 = "secrets_ui.views.errors.permission_denied"
handler404 = "secrets_ui.views.errors.not_found"
handler500 = "secrets_ui.views.errors.server_error"
