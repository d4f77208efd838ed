"""The demo's people: accounts to sign in with, and others who book, review and chat.

Ids are always the same; passwords and tokens are random, and new on each run.
"""

import secrets
import uuid
from base64 import b32encode
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import AccessToken, Authenticator, Organizer, OrganizerMember, User
from accounts.models.authenticator import new_key
from accounts.scopes import GRANTABLE
from accounts.services.add_verified_users import add_verified_users
from accounts.services.issue_token import make_token
from accounts.services.set_up_staff_roles import set_up_staff_roles

NAMESPACE = uuid.UUID("6b0e2f54-7d0c-5a51-9a49-1d2f6f3b7c10")
TOKEN_DAYS = 365
TOKEN_NAME = "demo"  # noqa: S105  (a name)

# role: name, handle, phone
ACCOUNTS = {
    "admin": ("Ольга Климова", "olga_klimova", "+79160000001"),
    "newadmin": ("Игорь Савельев", "igor_savelev", "+79160000002"),
    "organizer": ("Марина Озерова", "marina_ozerova", "+79160000003"),
    "user": ("Анна Лебедева", "anna_lebedeva", "+79160000004"),
    "user2": ("Пётр Ильин", "petr_ilin", "+79160000005"),
    "shop_owner": ("Денис Рогов", "denis_rogov", "+79160000006"),
}
STAFF = ("admin", "newadmin")

WOMEN = ["Дарья", "Елена", "Ксения", "Мария", "Наталья", "Полина", "Светлана", "Татьяна", "Ульяна", "Юлия"]
MEN = ["Алексей", "Борис", "Виктор", "Глеб", "Евгений", "Иван", "Кирилл", "Михаил", "Никита", "Сергей"]
# As it ends for a man; a woman's has an «а» more.
SURNAMES = ["Волков", "Громов", "Ершов", "Журавлёв", "Зимин", "Королёв", "Ручьёв", "Снегирёв", "Тихонов", "Шубин"]
TIME_ZONES = ("Europe/Moscow", "Asia/Novosibirsk", "Asia/Irkutsk", "Asia/Kamchatka", "Europe/Samara")
PEOPLE = 40

ORGANIZER_DESCRIPTION = (
    "Водим по рекам и озёрам с 2009 года: сплавы по Алтаю и Карелии, каяки, сапборды, школа гребли. Маленькие группы, "
    "своё снаряжение и инструкторы, которые сами выросли на этих берегах."
)


def load_demo(known: dict[str, Any]) -> dict[str, Any]:
    """Make what is missing, give new passwords and tokens, and return them."""
    set_up_staff_roles()
    now = timezone.now()
    _add_missing([*(_account(role) for role in ACCOUNTS), *(_person(number) for number in range(PEOPLE))])
    secret = _second_factor_of_admin()
    accounts = {role: _credentials(role, second_factor_at=now if role == "admin" else None) for role in ACCOUNTS}
    return {
        "accounts": accounts,
        "admin_totp_secret": secret,
        "demo_organizer_id": str(_organizer(now)),
        "demo_people": [str(_id(f"person-{number}")) for number in range(PEOPLE)],
    }


def _id(name: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, name)


def _account(role: str) -> User:
    name, handle, phone = ACCOUNTS[role]
    return User(
        id=_id(role),
        email=f"{role.replace('_', '-')}@aquastream.example",
        display_name=name,
        handle=handle,
        phone=phone,
        birth_on=date(1988, 5, 17),
        is_staff=role in STAFF,
        is_superuser=role in STAFF,
    )


def _person(number: int) -> User:
    names, ending = (WOMEN, "а") if number % 2 == 0 else (MEN, "")
    name = f"{names[number // 2 % len(names)]} {SURNAMES[number * 7 % len(SURNAMES)]}{ending}"
    user = User(
        id=_id(f"person-{number}"),
        email=f"person{number:02d}@aquastream.example",
        display_name=name,
        time_zone=TIME_ZONES[number % len(TIME_ZONES)],
        birth_on=date(1975 + number * 3 % 30, 1 + number % 12, 1 + number % 28),
    )
    user.set_unusable_password()
    return user


def _add_missing(users: list[User]) -> None:
    present = set(User.objects.filter(id__in=[user.id for user in users]).values_list("id", flat=True))
    add_verified_users(users=[user for user in users if user.id not in present], now=timezone.now())


def _second_factor_of_admin() -> str:
    """Return the secret as authenticator apps write it; the account newadmin has none, to be made to enrol."""
    device, _created = Authenticator.objects.get_or_create(
        user_id=_id("admin"), confirmed=True, defaults={"key": new_key(), "name": "authenticator"}
    )
    return b32encode(device.key_bytes).decode()


def _credentials(role: str, *, second_factor_at: Any) -> dict[str, str]:
    user = User.objects.get(id=_id(role))
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    User.objects.filter(id=user.id).update(password=user.password)
    AccessToken.objects.filter(user=user, name=TOKEN_NAME).delete()
    _token, text = make_token(
        user_id=user.id,
        name=TOKEN_NAME,
        scopes=GRANTABLE,
        lifetime_days=TOKEN_DAYS,
        second_factor_at=second_factor_at,
    )
    return {"id": str(user.id), "email": user.email, "password": password, "token": text}


def _organizer(now: Any) -> uuid.UUID:
    organizer, _created = Organizer.objects.get_or_create(
        id=_id("organizer-bolshaya-voda"),
        defaults={
            "name": "Большая вода",
            "slug": "bolshaya-voda",
            "description": ORGANIZER_DESCRIPTION,
            "contact_email": "hello@bolshaya-voda.example",
            "approved_at": now - timedelta(days=400),
        },
    )
    OrganizerMember.objects.get_or_create(
        organizer=organizer, user_id=_id("organizer"), defaults={"role": OrganizerMember.Role.OWNER}
    )
    return organizer.id
