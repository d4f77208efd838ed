"""Django's engine for PostgreSQL, as this product uses it: `ENGINE = "common.postgres"`."""
