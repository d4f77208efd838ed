"""What the API's document says about the areas that operations are grouped by."""

TAGS = [
    {"name": "accounts", "description": "Tokens, second factor and one's own profile."},
    {"name": "organizers", "description": "Who holds events, and their members."},
    {"name": "events", "description": "The catalogue, an event's life and its ticket types."},
    {"name": "bookings", "description": "Holding seats, paying, cancelling, tickets and the door."},
    {"name": "reviews", "description": "Reviews, answers, votes, stars and their moderation."},
    {"name": "my notifications", "description": "One's inbox, preferences and push subscriptions."},
    {"name": "notifications", "description": "For programs: events to notify about, their jobs and recipients."},
    {"name": "loyalty", "description": "For shops: projects, rules, customers and their points."},
    {"name": "webhook", "description": "For shops: purchases in, points out."},
    {"name": "messaging", "description": "Conversations and messages beside the chat's socket."},
    {"name": "analytics", "description": "Figures of events, organizers and the platform."},
]
