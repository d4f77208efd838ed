"""The message types of this installation. A new one is a module in `types` and a line here."""

from messaging.domain.registry import Registry
from messaging.domain.types.chat import CHAT
from messaging.domain.types.commands import COMMANDS
from messaging.domain.types.history import HISTORY
from messaging.domain.types.presence import WATCH
from messaging.domain.types.receipts import READ, RECEIVED
from messaging.domain.types.signal import SIGNAL
from messaging.domain.types.system import SYSTEM
from messaging.domain.types.typing_notice import TYPING
from messaging.domain.types.upload import UPLOAD

REGISTRY = Registry([CHAT, *COMMANDS, UPLOAD, SIGNAL, SYSTEM, RECEIVED, READ, TYPING, HISTORY, WATCH])
