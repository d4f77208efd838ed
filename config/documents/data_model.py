"""docs/data-model.md: the tables of each app and how they refer to each other, as Mermaid diagrams."""

from django.apps import apps
from django.conf import settings
from django.db.models import Field, ForeignKey, Model

HEAD = """# Data model

One PostgreSQL schema; a diagram per app, with the rows of other apps that it refers to. Written by
`manage.py write_docs` from the models, where each constraint and index stands under its reason.
"""


def render() -> str:
    return HEAD + "".join(_section(app) for app in settings.OWN_APPS if list(apps.get_app_config(app).get_models()))


def _section(app: str) -> str:
    # A proxy is a table of another app under a second name.
    tables = [model for model in apps.get_app_config(app).get_models() if not model._meta.proxy]
    models = sorted(tables, key=lambda model: model.__name__)
    entities = "".join(_entity(model) for model in models)
    relations = "".join(_relation(model, field) for model in models for field in _foreign_keys(model))
    return f"\n## {app}\n\n```mermaid\nerDiagram\n{entities}{relations}```\n"


def _entity(model: type[Model]) -> str:
    fields = "".join(f"    {_type(field)} {field.column}{_marks(field)}\n" for field in model._meta.concrete_fields)
    return f"  {model.__name__} {{\n{fields}  }}\n"


def _relation(model: type[Model], field: ForeignKey) -> str:
    target = field.related_model
    one = "|o" if field.null else "||"
    many = "o|" if field.unique else "o{"
    return f'  {target.__name__} {one}--{many} {model.__name__} : "{field.name}"\n'


def _foreign_keys(model: type[Model]) -> list[ForeignKey]:
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]


def _type(field: Field) -> str:
    return field.get_internal_type().removesuffix("Field").lower() or "text"


def _marks(field: Field) -> str:
    if field.primary_key:
        return " PK"
    return " FK" if isinstance(field, ForeignKey) else ""
