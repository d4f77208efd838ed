from loyalty.models.callback import Callback, CallbackEvent
from loyalty.models.customer import Customer
from loyalty.models.hold import PointsHold
from loyalty.models.ledger import LedgerAccount, LedgerEntry, LedgerTransaction
from loyalty.models.level import Level
from loyalty.models.lot import Lot
from loyalty.models.merge import MergeCandidate
from loyalty.models.order import Order
from loyalty.models.project import Project, ProjectMember
from loyalty.models.project_keys import SigningKey, WebhookSecret
from loyalty.models.refund import Refund
from loyalty.models.transfer import Transfer
from loyalty.models.webhook_delivery import WebhookDelivery

__all__ = [
    "Callback",
    "CallbackEvent",
    "Customer",
    "LedgerAccount",
    "LedgerEntry",
    "LedgerTransaction",
    "Level",
    "Lot",
    "MergeCandidate",
    "Order",
    "PointsHold",
    "Project",
    "ProjectMember",
    "Refund",
    "SigningKey",
    "Transfer",
    "WebhookDelivery",
    "WebhookSecret",
]
