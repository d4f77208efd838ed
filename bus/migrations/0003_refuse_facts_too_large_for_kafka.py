import django.db.models.lookups
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bus', '0002_name_delivery_statuses'),
    ]

    operations = [
        # Of new rows only: the outbox is written to all the time, and what it holds is pruned within days.
        AddConstraintNotValid(
            model_name='outboxrow',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(models.Func('payload', function='octet_length'), 900000), name='bus_outbox_fits_kafka'),
        ),
    ]
