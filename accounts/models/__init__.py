from accounts.models.access_token import AccessToken
from accounts.models.organizer import Organizer, OrganizerMember
from accounts.models.user import User

__all__ = ["AccessToken", "Organizer", "OrganizerMember", "User"]
