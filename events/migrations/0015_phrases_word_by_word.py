"""A text search configuration that stems as `russian` does and passes over no word."""

from django.db import migrations

MADE = """
CREATE TEXT SEARCH DICTIONARY events_russian_every_word (TEMPLATE = snowball, LANGUAGE = russian);
CREATE TEXT SEARCH DICTIONARY events_english_every_word (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION events_every_word (COPY = pg_catalog.russian);
ALTER TEXT SEARCH CONFIGURATION events_every_word
    ALTER MAPPING REPLACE pg_catalog.russian_stem WITH events_russian_every_word;
ALTER TEXT SEARCH CONFIGURATION events_every_word
    ALTER MAPPING REPLACE pg_catalog.english_stem WITH events_english_every_word;
"""
UNMADE = """
DROP TEXT SEARCH CONFIGURATION events_every_word;
DROP TEXT SEARCH DICTIONARY events_english_every_word;
DROP TEXT SEARCH DICTIONARY events_russian_every_word;
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0014_facets_of_tags_and_stars")]

    operations = [migrations.RunSQL(MADE, UNMADE)]
