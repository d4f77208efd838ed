from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_conversations_of_four_kinds")]

    operations = [
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.CheckConstraint(
                condition=models.Q(("waiting_since__isnull", True), ("kind", "support"), _connector="OR"),
                name="messaging_conversation_waits_if_support",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("waiting_since__isnull", False)),
                fields=["waiting_since", "id"],
                name="messaging_conversation_waiting",
            ),
        ),
    ]
