from loyalty.models.customer import Customer
from loyalty.models.ledger import LedgerAccount, LedgerEntry, LedgerTransaction
from loyalty.models.lot import Lot
from loyalty.models.order import Order
from loyalty.models.project import Project, ProjectMember
from loyalty.models.project_keys import SigningKey, WebhookSecret
from loyalty.models.webhook_delivery import WebhookDelivery

__all__ = [
    "Customer",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerTransaction",
    "Lot",
    "Order",
    "Project",
    "ProjectMember",
    "SigningKey",
    "WebhookDelivery",
    "WebhookSecret",
]
