from accounts.models.access_token import AccessToken
from accounts.models.account_mail import AccountMail
from accounts.models.authenticator import Authenticator, BackupCode
from accounts.models.organizer import Organizer, OrganizerMember
from accounts.models.person_export import PersonExport
from accounts.models.user import User

__all__ = [
    "AccessToken",
    "AccountMail",
    "Authenticator",
    "BackupCode",
    "Organizer",
    "OrganizerMember",
    "PersonExport",
    "User",
]
