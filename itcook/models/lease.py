from tortoise import fields
from tortoise.models import Model


class Lease(Model):
    """Who does a piece of scheduled work until when: with several nodes, one of them."""

    name = fields.CharField(max_length=64, primary_key=True)
    holder = fields.CharField(max_length=64)
    until = fields.DatetimeField()

    class Meta:
        table = "leases"
