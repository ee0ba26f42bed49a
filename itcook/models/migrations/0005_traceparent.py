from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0004_audit_log")]

    initial = False

    operations = [
        ops.AddField(
            model_name="StreamEntry",
            name="traceparent",
            field=fields.CharField(null=True, max_length=55),
        ),
    ]
