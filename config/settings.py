"""The one settings file: the same code path everywhere, values from the environment only."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from config import admin_look, api_document, env, logs

BASE_DIR = Path(__file__).resolve().parent.parent

ENVIRONMENT = env.environment()
PRODUCTION = ENVIRONMENT == "production"
DEBUG = False

SECRET_KEY = env.text("SECRET_KEY")
# Fernet keys, newest first: secrets at rest are written with the first and read with any.
FIELD_ENCRYPTION_KEYS = env.words("FIELD_ENCRYPTION_KEYS") or [env.text("FIELD_ENCRYPTION_KEYS")]
PUBLIC_URL = env.text("PUBLIC_URL").rstrip("/")
CHAT_URL = env.text("CHAT_URL").rstrip("/")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1],testserver")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# In the order of the import contracts, lowest first.
OWN_APPS = [
    "common",
    "bus",
    "audit",
    "accounts",
    "events",
    "bookings",
    "reviews",
    "loyalty",
    "notifications",
    "messaging",
    "analytics",
]
INSTALLED_APPS = [
    # Before the admin: its templates replace the admin's.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "config.admin_config.AdminConfig",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django_prometheus",
    "django_otp",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.usersessions",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "csp",
    *OWN_APPS,
    # Last: it joins what the others have brought.
    "config",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "common.middleware.RequestIdMiddleware",
    "config.health.ProbeMiddleware",
    "common.middleware.RateLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Answers the shops' webhooks: what stands below is not for them.
    "loyalty.api.express.WebhookMiddleware",
    "common.middleware.ContentPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Answer guests' lists, and programs that book: what stands below is not for them either.
    "events.api.guest_lists.GuestListMiddleware",
    "bookings.api.short_way.ShortWayMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "accounts.middleware.UserZoneMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.middleware.ProblemMiddleware",
    "common.middleware.MetricsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
        },
    },
]

DATABASES = {
    "default": env.database("DATABASE_URL")
    | {
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Names may have 63 bytes (PostgreSQL), not 30 (Oracle); e-mail is unique by an index on lower(email).
SILENCED_SYSTEM_CHECKS = ["models.E033", "models.E034", "auth.W004"]

# How many proxies of ours stand in front: what a caller itself writes into X-Forwarded-For is not believed.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 1 if PRODUCTION else 0)
REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "common.cache.LosableRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}

KAFKA_BOOTSTRAP_SERVERS = env.text("KAFKA_BOOTSTRAP_SERVERS")

CELERY = {
    "broker_url": REDIS_URL,
    "task_ignore_result": True,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "task_default_queue": "critical",
    "task_create_missing_queues": True,
    "task_publish_retry": False,
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {
        "visibility_timeout": 600,
        # As in bus.wakeup.
        "priority_steps": [0, 3, 6],
        "sep": ":",
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
    },
    "worker_hijack_root_logger": False,
    "worker_send_task_events": False,
    "timezone": "UTC",
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
OTP_TOTP_ISSUER = "Aquastream"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# Wrong passwords: an account is guarded tightly, an address less so, since a whole office or a venue's visitors may
# share one. Below 100 an hour for an account (OWASP ASVS 2.2.1).
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "60/m/ip,5/300s/key"}
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_CHANGE_EMAIL = True
# Whoever finds an open browser doesn't know the password, without which the account is not theirs to take along.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
# Proving an address never signs in: a device's code would be passed by.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
HEADLESS_ONLY = False
HEADLESS_CLIENTS = ("app",)
REST_KNOX = {
    "TOKEN_MODEL": "accounts.AccessToken",
    "AUTH_HEADER_PREFIX": "Bearer",
    # Lets secret scanners know our tokens.
    "TOKEN_PREFIX": "aqs_",
    "TOKEN_LIMIT_PER_USER": None,
}
KNOX_TOKEN_MODEL = "accounts.AccessToken"  # noqa: S105  (the name of a model)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.AccessTokenAuthentication",
        "accounts.api.authentication.PageSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "common.api.negotiation.OwnFormat",
    "DEFAULT_PAGINATION_CLASS": "common.api.pagination.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["common.api.filtering.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "common.api.schema.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["common.api.throttling.CallerThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "guest": env.text("API_RATE_GUEST", "300/min"),
        "user": env.text("API_RATE_USER", "1200/min"),
        "token": env.text("API_RATE_TOKEN", env.text("API_RATE_USER", "1200/min")),
    },
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "common.api.exceptions.render_problem",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is a filter of ours; what an answer is written in, Accept says
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Aquastream API",
    "DESCRIPTION": (BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8"),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": True, "filter": True, "docExpansion": "none"},
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "TAGS": api_document.TAGS,
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        # The shops' webhook is a plain view.
        "loyalty.api.webhook_document.document_webhook",
    ],
    "ENUM_NAME_OVERRIDES": {
        "EventStatus": "events.models.lifecycle.Status",
        "CrewStatus": "events.models.crew.CrewAssignment.Status",
        "CrewReason": "events.models.crew.CrewAssignment.Reason",
        "MessageReportReason": "messaging.models.report.MessageReport.Reason",
        "QuestionKind": "events.models.question.Question.Kind",
        "EventReportReason": "events.models.moderation.EventReport.Reason",
        "BookingStatus": "bookings.models.lifecycle.BookingStatus",
        "PromoKind": "events.models.promo_code.PromoKind",
        "ConversationRole": "messaging.models.conversation.Membership.Role",
        "ShopRole": "loyalty.models.project.ProjectMember.Role",
        "OrganizerRole": "accounts.models.organizer.OrganizerMember.Role",
        "PointsMovement": "loyalty.models.ledger.LedgerTransaction.Kind",
        "CustomerFileKind": "loyalty.models.transfer.Transfer.Kind",
        "CustomerFileStatus": "loyalty.models.transfer.Transfer.Status",
        "WebhookStatus": "loyalty.models.webhook_delivery.WebhookDelivery.Status",
        "PaymentStatus": "bookings.models.payment.PaymentStatus",
        "DigestPeriod": "notifications.models.choices.DigestPeriod",
        "NotificationEventStatus": "notifications.models.event.NotificationEvent.Status",
        "NotificationJobStatus": "notifications.models.job.NotificationJob.Status",
        "ReviewStatusEnum": "reviews.models.review.Review.Status",
        "RefusalReasonEnum": "reviews.models.review.Review.Reason",
        "ReportReasonEnum": "reviews.models.feedback.ReviewReport.Reason",
    },
}

# What a user may send in the chat: so many credits, refilled each so many seconds.
CHAT_CREDITS = env.number("CHAT_CREDITS", 50)
CHAT_CREDIT_SECONDS = env.number("CHAT_CREDIT_SECONDS", 10)
# How long a message is unread until somebody who is away is told through notifications.
CHAT_REMINDER_SECONDS = env.number("CHAT_REMINDER_SECONDS", 300)
# Messages older than so many days are removed; 0 keeps them for ever.
CHAT_KEPT_DAYS = env.number("CHAT_KEPT_DAYS", 0)

UNFOLD = admin_look.UNFOLD

CHANNEL_LAYERS: dict[str, dict[str, str]] = {}

globals().update(env.mail("EMAIL_URL"))
EMAIL_TIMEOUT = 10
# Asked in this order when the one before is down.
EMAIL_FALLBACKS = [env.mail_provider(url, "EMAIL_FALLBACK_URLS") for url in env.words("EMAIL_FALLBACK_URLS")]
# `user:password` that a mail service shows with its reports at /mail-reports/; without it none are taken.
ANYMAIL = {"WEBHOOK_SECRET": env.text("MAIL_REPORTS_SECRET", "")}
# Mails and pushes a second over all workers; 0: no limit of ours.
EMAIL_PER_SECOND = env.number("EMAIL_PER_SECOND", 0)
PUSH_PER_SECOND = env.number("PUSH_PER_SECOND", 0)
# The service account's file that Firebase gives; empty: no pushes to apps.
FCM_SERVICE_ACCOUNT_FILE = env.text("FCM_SERVICE_ACCOUNT_FILE", "")
FCM_API_URL = env.text("FCM_API_URL", "https://fcm.googleapis.com").rstrip("/")
# Telegram takes about 30 messages a second from a bot and one a second in a chat; a little less leaves room for the way.
TELEGRAM_PER_SECOND = env.number("TELEGRAM_PER_SECOND", 28)
TELEGRAM_PER_SECOND_AND_CHAT = 0.85
TELEGRAM_API_URL = env.text("TELEGRAM_API_URL", "https://api.telegram.org").rstrip("/")
# Marketing messages that a person gets in a week through a channel.
MARKETING_WEEKLY_CAP = env.number("MARKETING_WEEKLY_CAP", 5)
# How long a mail waits for an address that nobody has told yet; 0: not at all.
ADDRESS_WAIT_HOURS = env.number("ADDRESS_WAIT_HOURS", 72)
DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "Aquastream <hello@aquastream.example>")

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = sorted(path for path in (BASE_DIR / "locale").iterdir() if path.is_dir())
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Collected for production only; elsewhere WhiteNoise finds the files where they are written.
STATIC_ROOT = env.folder("STATIC_ROOT", str(BASE_DIR / "staticfiles")) if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False
STORAGE_FOLDER = env.folder("STORAGE_FOLDER", str(BASE_DIR / ".local" / "storage"))
# An object store instead of the folder; it reports arrived files with the webhook's token.
S3_ENDPOINT_URL = env.text("S3_ENDPOINT_URL", "")
S3_BUCKET = env.text("S3_BUCKET", "aquastream")
S3_ACCESS_KEY = env.text("S3_ACCESS_KEY", "")
S3_SECRET_KEY = env.text("S3_SECRET_KEY", "")
S3_REGION = env.text("S3_REGION", "us-east-1")
STORAGE_WEBHOOK_TOKEN = env.text("STORAGE_WEBHOOK_TOKEN", "")
MEDIA_ROOT = STORAGE_FOLDER / "media"
MEDIA_URL = "/media/"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "common.error_pages.csrf_refused"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
X_FRAME_OPTIONS = "DENY"
# Browsers send the chat's files straight to the object store, and are led there for its pictures.
STORAGE_ORIGINS = [env.origin(S3_ENDPOINT_URL)] if S3_ENDPOINT_URL else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *STORAGE_ORIGINS],
        "connect-src": ["'self'", CHAT_URL, *STORAGE_ORIGINS],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
# Publish at once what the automatic checks of a review find clean; otherwise each review waits for a moderator.
REVIEWS_PUBLISH_CLEAN = env.text("REVIEWS_PUBLISH_CLEAN", "no") == "yes"

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# The first takes new payments. The sandbox moves no money: it is for development and tests.
PAYMENT_PROVIDERS = env.words("PAYMENT_PROVIDERS", "" if PRODUCTION else "sandbox")
# A provider in use must have its secrets; the others may go without.
PAYMENT_CREDENTIALS = {
    "stripe": {
        "secret_key": env.text("STRIPE_SECRET_KEY", None if "stripe" in PAYMENT_PROVIDERS else ""),
        "webhook_secret": env.text("STRIPE_WEBHOOK_SECRET", None if "stripe" in PAYMENT_PROVIDERS else ""),
    },
    "yookassa": {
        "shop_id": env.text("YOOKASSA_SHOP_ID", None if "yookassa" in PAYMENT_PROVIDERS else ""),
        "secret_key": env.text("YOOKASSA_SECRET_KEY", None if "yookassa" in PAYMENT_PROVIDERS else ""),
        # The VAT rate on receipts, by YooKassa's numbers: 1 is "without VAT".
        "vat_code": env.text("YOOKASSA_VAT_CODE", "1"),
    },
}
STRIPE_API_URL = env.text("STRIPE_API_URL", "https://api.stripe.com")
YOOKASSA_API_URL = env.text("YOOKASSA_API_URL", "https://api.yookassa.ru/v3")
# Where YooKassa's webhooks come from; empty: the networks that it has published.
YOOKASSA_NETWORKS = env.words("YOOKASSA_NETWORKS")
# The platform's share of what organizers take through its own account, by first month: 2026-01:5,2027-01:4.5
PLATFORM_FEES = env.words("PLATFORM_FEES")
# By whose calendar organizers are settled with.
SETTLEMENT_TIME_ZONE = env.text("SETTLEMENT_TIME_ZONE", "Europe/Moscow")
BOOKING_HOLD_SECONDS = env.number("BOOKING_HOLD_SECONDS", 900)

# Shops' callbacks go to public https addresses; where nothing is at stake, one on this machine may be tried.
CALLBACKS_HTTPS_ONLY = PRODUCTION
CALLBACKS_AT_HOME = not PRODUCTION and env.text("CALLBACKS_AT_HOME", "no") == "yes"

METRICS_TOKEN = env.text("METRICS_TOKEN", "")

LOGGING_CONFIG = None
logs.configure(as_json=PRODUCTION or env.text("LOG_FORMAT", "console") == "json")
