from bookings.models.booking import Booking, BookingItem
from bookings.models.booking_change import BookingChange, BookingChangeItem
from bookings.models.event_attendance import EventAttendance
from bookings.models.event_cancellation import CancellationFailure, EventCancellation
from bookings.models.event_message import EventMessage
from bookings.models.payment import Payment, Refund
from bookings.models.provider_account import ProviderAccount
from bookings.models.provider_webhook import ProviderWebhook
from bookings.models.sandbox import SandboxNotice, SandboxPayment, SandboxRefund
from bookings.models.seat_drift import SeatDrift
from bookings.models.settlement import Settlement
from bookings.models.ticket import Ticket
from bookings.models.ticket_file import TicketFile
from bookings.models.ticket_transfer import TicketTransfer
from bookings.models.waiting_list import WaitingEntry, WaitingItem

__all__ = [
    "Booking",
    "BookingChange",
    "BookingChangeItem",
    "BookingItem",
    "CancellationFailure",
    "EventAttendance",
    "EventCancellation",
    "EventMessage",
    "Payment",
    "ProviderAccount",
    "ProviderWebhook",
    "Refund",
    "SandboxNotice",
    "SandboxPayment",
    "SandboxRefund",
    "SeatDrift",
    "Settlement",
    "Ticket",
    "TicketFile",
    "TicketTransfer",
    "WaitingEntry",
    "WaitingItem",
]
