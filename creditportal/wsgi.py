import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creditportal.settings.base")
application = get_wsgi_application()

from creditportal.warm import warm_up  # noqa: E402  models exist only now

warm_up()
