from reviews.models.decision import ModerationDecision
from reviews.models.feedback import HelpfulVote, ReviewReport
from reviews.models.rating import Rating
from reviews.models.reply import ReviewReply
from reviews.models.review import Review
from reviews.models.revision import ReviewRevision

__all__ = [
    "HelpfulVote",
    "ModerationDecision",
    "Rating",
    "Review",
    "ReviewReply",
    "ReviewReport",
    "ReviewRevision",
]
