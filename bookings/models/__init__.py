from bookings.models.booking import Booking, BookingItem
from bookings.models.booking_change import BookingChange, BookingChangeItem
from bookings.models.event_cancellation import EventCancellation
from bookings.models.payment import Payment, Refund
from bookings.models.provider_account import ProviderAccount
from bookings.models.provider_webhook import ProviderWebhook
from bookings.models.sandbox import SandboxNotice, SandboxPayment, SandboxRefund
from bookings.models.seat_drift import SeatDrift
from bookings.models.ticket import Ticket
from bookings.models.ticket_transfer import TicketTransfer
from bookings.models.waiting_list import WaitingEntry, WaitingItem

__all__ = [
    "Booking",
    "BookingChange",
    "BookingChangeItem",
    "BookingItem",
    "EventCancellation",
    "Payment",
    "ProviderAccount",
    "ProviderWebhook",
    "Refund",
    "SandboxNotice",
    "SandboxPayment",
    "SandboxRefund",
    "SeatDrift",
    "Ticket",
    "TicketTransfer",
    "WaitingEntry",
    "WaitingItem",
]
