// Counts a view of an event's page: <meta name="event-id" content="…">. No cookie, nothing is read back.
const event = document.querySelector('meta[name="event-id"]')?.content;

if (event) {
  navigator.sendBeacon(`/api/v1/events/${event}/views/`);
}
