"""Facts about users."""

from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from accounts.models import User
from bus.facts import Fact, states


@dataclass(frozen=True, kw_only=True)
class UserFact(Fact):
    """What others need to speak to a person; phone, name and birth date may be empty."""

    user_id: UUID
    email: str
    phone: str
    display_name: str
    locale: str
    time_zone: str
    birth_on: date | None

    @classmethod
    def about(cls, user: User) -> Self:
        """Return the fact with the user's present data."""
        return cls(
            user_id=user.id,
            email=user.email,
            phone=user.phone,
            display_name=user.display_name,
            locale=user.locale,
            time_zone=user.time_zone,
            birth_on=user.birth_on,
        )


@states("accounts.user.registered.v1", key="user_id")
@dataclass(frozen=True, kw_only=True)
class UserRegistered(UserFact):
    """Somebody has proved their e-mail address for the first time."""


@states("accounts.user.changed.v1", key="user_id")
@dataclass(frozen=True, kw_only=True)
class UserChanged(UserFact):
    """A registered user's data has changed."""


@states("accounts.sign_in.ended.v1", key="user_id")
@dataclass(frozen=True, kw_only=True)
class SignInEnded(Fact):
    """A session or a token of this user has ended before its time: what still uses it must stop now."""

    user_id: UUID


@states("accounts.second_factor.enabled.v1", key="user_id")
@dataclass(frozen=True, kw_only=True)
class SecondFactorEnabled(Fact):
    """Signing in to this account takes a code now, too."""

    user_id: UUID


@states("accounts.second_factor.removed.v1", key="user_id")
@dataclass(frozen=True, kw_only=True)
class SecondFactorRemoved(Fact):
    """Its owner has removed it; of a reset by an administrator the accounts' own mail tells."""

    user_id: UUID


@states("accounts.user.erased.v1", key="user_id")
@dataclass(frozen=True, kw_only=True)
class UserErased(Fact):
    """A person has had their account erased: whoever keeps a copy of their data forgets it."""

    user_id: UUID
