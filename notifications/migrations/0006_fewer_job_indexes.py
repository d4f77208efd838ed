import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0005_moves_and_letters'),
    ]

    operations = [
        migrations.RemoveIndex(model_name='notificationjob', name='notifications_job_newest'),
        migrations.AlterField(
            model_name='notificationjob',
            name='event',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='jobs', to='notifications.notificationevent'),
        ),
        migrations.AlterField(
            model_name='notificationjob',
            name='recipient',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='jobs', to='notifications.recipient'),
        ),
        migrations.AlterField(
            model_name='inboxitem',
            name='recipient',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='inbox', to='notifications.recipient'),
        ),
    ]
