from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0002_kitchens_goals_recipes_notifications")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Ticket",
            fields=[
                (
                    "ticket_hash",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                (
                    "session",
                    fields.ForeignKeyField(
                        "models.LoginSession",
                        source_field="session_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tickets",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("expires_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("credential_expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "tickets",
                "app": "models",
                "pk_attr": "ticket_hash",
                "table_description": "A ticket nobody has used yet. Using it removes it.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="LoginSession",
            name="cookie_hash",
            field=fields.CharField(null=True, unique=True, max_length=64),
        ),
        ops.AddIndex(
            model_name="LoginSession",
            index=Index(fields=["user_id", "id"]),
        ),
        ops.AddIndex(
            model_name="RefreshToken",
            index=Index(fields=["session_id"]),
        ),
    ]
