"""What the API's documentation shows."""

CONVERSATION = {
    "id": "0199a1b2-0000-7000-8000-000000000001",
    "kind": "direct",
    "title": "",
    "epoch": 1,
    "last_seq": 12,
    "read_seq": 10,
    "unread": 2,
    "last_text": "See you at the river.",
    "requested_by": None,
    "event": None,
    "is_muted": False,
    "has_blocked": False,
    "is_closed": False,
    "members": [
        {
            "id": "0199a1b2-0000-7000-8000-000000000002",
            "name": "Anna",
            "role": "member",
            "delivered_seq": 12,
            "read_seq": 12,
        }
    ],
    "members_count": 2,
    "changed_at": "2026-06-01T09:00:00Z",
}
MEMBER = CONVERSATION["members"][0]  # type: ignore[index]
MESSAGE = {
    "id": "0199a1b2-0000-7000-8000-000000000003",
    "seq": 12,
    "sender": "0199a1b2-0000-7000-8000-000000000002",
    "kind": "text",
    "body": {"text": "See you at the river."},
    "reply_to": None,
    "refers_to": None,
    "edited_at": None,
    "deleted_at": None,
    "at": "2026-06-01T09:00:00Z",
}
