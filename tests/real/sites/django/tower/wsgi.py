import os
from wsgiref.validate import validator

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tower.settings")
application = get_wsgi_application()
checked = validator(application)
