from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from itcook.identifiers import new_id


class Migration(migrations.Migration):
    dependencies = [("models", "0003_tickets")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("action", fields.CharField(max_length=32)),
                ("actor_id", fields.UUIDField(null=True)),
                ("subject_id", fields.UUIDField(null=True)),
                ("details", fields.CharField(db_default="", max_length=200)),
                ("address", fields.CharField(db_default="", max_length=45)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "audit_entries",
                "app": "models",
                "indexes": [Index(fields=["actor_id", "id"]), Index(fields=["subject_id", "id"])],
                "pk_attr": "id",
                "table_description": "What an administrator did, or a person to their own account. Entries are added, and never changed.",
            },
            bases=["Model"],
        ),
    ]
