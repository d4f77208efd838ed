"""Let what a person refuses hold for their mail address, under whatever id somebody tells of them."""

from collections.abc import Collection

from common.transactions import requires_transaction
from notifications.models import Suppression
from notifications.models.choices import Category, Channel
from notifications.models.suppression import hash_of_address


@requires_transaction
def keep_refusals(*, addresses: Collection[str], refused: Collection[str], wanted: Collection[str]) -> None:
    """Put the refused categories of the addresses on the suppression list, and take the wanted ones off it.

    What concerns one's own bookings stays: under another id it is about other bookings. The caller has made sure that
    the addresses are the person's.
    """
    hashes = [hash_of_address(address) for address in addresses]
    Suppression.objects.bulk_create(
        [
            Suppression(
                channel=Channel.EMAIL, address_hash=one, category=category, reason=Suppression.Reason.UNSUBSCRIBE
            )
            for one in sorted(hashes)
            for category in sorted(refused)
            if category != Category.TRANSACTIONAL
        ],
        ignore_conflicts=True,
    )
    lifted = Suppression.objects.filter(channel=Channel.EMAIL, address_hash__in=hashes, category__in=wanted)
    lifted.exclude(category="").delete()
