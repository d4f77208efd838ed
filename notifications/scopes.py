"""What a token made for a service may do here; users can't give these to tokens of their own."""

EVENTS_SCOPE = "notifications:events"
RECIPIENTS_SCOPE = "notifications:recipients"
SERVICE_SCOPES = (EVENTS_SCOPE, RECIPIENTS_SCOPE)
