"""How a request says who it is: a bearer token for programs, the session cookie with CSRF for pages."""

from knox.auth import TokenAuthentication
from rest_framework.authentication import SessionAuthentication


class AccessTokenAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`."""


class PageSessionAuthentication(SessionAuthentication):
    """The session of the site's own pages; unsafe methods need the CSRF token."""
