from django.db import models


class Picture(models.Model):
    title = models.CharField(max_length=100)
    file = models.FileField(upload_to="pictures")

    def __str__(self):
        return self.title
