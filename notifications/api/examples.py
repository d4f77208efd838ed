"""How notifications look in the API's document."""

from typing import Any

EVENT_ID = "6a9f7f26-4c0c-4a91-9f3d-b159c2dcb001"
USER_ID = "f3aa4a0e-97d4-4e21-a2b4-9fb7c8d9f001"
EVENT_STATE: dict[str, Any] = {
    "event_id": EVENT_ID,
    "event_type": "user_registered",
    "source": "auth_service",
    "occurred_at": "2025-11-14T10:15:30Z",
    "received_at": "2025-11-14T10:15:31Z",
    "status": "planned",
    "blocked_on": "",
    "audience_size": None,
    "recipients_planned": 1,
    "jobs_planned": 2,
    "progress_percent": 100,
    "jobs_by_status": {"sent": 1, "queued": 1},
}
JOB = {
    "job_id": "01990000-0000-7000-8000-000000000001",
    "event_id": EVENT_ID,
    "event_type": "user_registered",
    "user_id": USER_ID,
    "template_code": "welcome",
    "template_version": 1,
    "channel": "email",
    "locale": "ru",
    "category": "transactional",
    "status": "sent",
    "reason": "",
    "attempts": 1,
    "next_attempt_at": None,
    "created_at": "2025-11-14T10:15:31Z",
    "finished_at": "2025-11-14T10:15:33Z",
    "decisions": [],
}
CAMPAIGN: dict[str, Any] = {
    "id": "01990000-0000-7000-8000-000000000005",
    "name": "Black Friday",
    "template_code": "black_friday_sale",
    "segment_id": "bf_2025_loyal_customers",
    "channels": ["email", "push"],
    "state": "paused",
    "pause_reason": "canary",
    "created_at": "2030-11-28T09:00:00Z",
    "started_at": "2030-11-29T06:00:00Z",
    "audience_size": 84_000,
    "recipients_planned": 840,
    "jobs_planned": 1680,
    "progress_percent": 1,
}
CAMPAIGN_PROGRESS = CAMPAIGN | {
    "sending": {"messages": 168_000, "sent": 1212, "not_sent": 468, "waiting": 166_320, "percent": 1},
    "results": [
        {"channel": "email", "status": "sent", "messages": 812},
        {"channel": "email", "status": "suppressed", "messages": 28},
        {"channel": "push", "status": "sent", "messages": 400},
        {"channel": "push", "status": "undeliverable", "messages": 440},
    ],
}
RECIPIENT = {
    "user_id": USER_ID,
    "display_name": "Анна",
    "locale": "ru",
    "time_zone": "Europe/Moscow",
    "birth_on": "1990-04-12",
    "genres": ["sci-fi"],
    "tags": [],
    "marketing_consent": True,
}
INBOX_ITEM = {
    "id": "01990000-0000-7000-8000-000000000002",
    "title": "Бронь подтверждена",
    "text": "Сплав по Катуни, 14 июня. Билеты ждут вас в личном кабинете.",
    "link": "/bookings/01976e40-1c55-7a02-b3c4-0242ac120002/",
    "created_at": "2030-05-01T09:04:00Z",
    "read_at": None,
}
UNREAD = {"unread": 3}
EVERY_CHANNEL = {"email": True, "push": True, "in_app": True}
PREFERENCES = {
    "categories": {
        "transactional": EVERY_CHANNEL,
        "reminders": EVERY_CHANNEL,
        "social": EVERY_CHANNEL,
        "marketing": EVERY_CHANNEL | {"email": False},
    },
    "marketing_consent": True,
    "quiet_hours": {"begin": "22:00", "end": "08:00"},
}
PUSH_SUBSCRIPTION: dict[str, Any] = {
    "endpoint": "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABnX",
    "expirationTime": None,
    "keys": {
        "p256dh": "BAHCBw1o1Flq9vwfVwF7527wwPK8Fw_m8v8FSTyEioH5LY6jchbyltTRXfHcaNZ-d9PsOfJ8L2LCSQ9PxHrhHL4",
        "auth": "5I2Bu2oKdyy9CwL8QVF0NQ",
    },
}
PUSH_SUBSCRIPTION_STATE = {"id": "01990000-0000-7000-8000-000000000003", "created_at": "2030-05-01T09:00:00Z"}
APP_TOKEN = {"token": "dQw4w9WgXcQ:APA91bHPRgkF3JUikC4ENAHEeMrd41Zxv3hVZjC9KtT8OvPVGJ-hQMRKRrZuJAEcl7B338qju59zJMjw"}
WEBHOOK_URL = {"url": "https://home.example.com/aquastream"}
WEBHOOK: dict[str, Any] = {
    "id": "01990000-0000-7000-8000-000000000004",
    **WEBHOOK_URL,
    "created_at": "2030-05-01T09:00:00Z",
    "switched_off_at": None,
    "switched_off_reason": "",
}
NEW_WEBHOOK = WEBHOOK | {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwYTzFbGkEpAE="}
PUSH_KEY = {"public_key": PUSH_SUBSCRIPTION["keys"]["p256dh"]}
UNSUBSCRIBING = {"category": "marketing", "channel": "email"}
