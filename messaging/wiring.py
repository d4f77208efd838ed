"""The only place where a port meets its adapter."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from psycopg_pool import AsyncConnectionPool

from common.ids import new_id
from messaging.adapters.fallbacks import CreditsWithFallback, SignalsWithFallback
from messaging.adapters.memory.credits import MemoryCredits
from messaging.adapters.memory.signal_memory import MemorySignals
from messaging.adapters.metrics import PrometheusGauges
from messaging.adapters.orm.conversation_book import OrmConversationBook
from messaging.adapters.orm.rooms import OrmInvitations, OrmRooms
from messaging.adapters.orm.topic_values import AppTopics
from messaging.adapters.postgres.cards import Cards
from messaging.adapters.postgres.commit_log import OutboxCommitLog
from messaging.adapters.postgres.directory import PostgresCursors, PostgresDirectory
from messaging.adapters.postgres.message_store import PostgresMessageStore
from messaging.adapters.postgres.monitor import OutboxMonitor
from messaging.adapters.postgres.pool import make_pool
from messaging.adapters.postgres.sign_ins import PostgresSignIns
from messaging.adapters.postgres.slots import PostgresSlots
from messaging.adapters.redis.client import RedisLine
from messaging.adapters.redis.credits import RedisCredits
from messaging.adapters.redis.nodes import RedisNodes
from messaging.adapters.redis.presence import RedisPresence
from messaging.adapters.redis.pressure_board import RedisPressureBoard
from messaging.adapters.redis.recent_messages import RedisRecentMessages
from messaging.adapters.redis.signal_memory import RedisSignalMemory
from messaging.adapters.redis.topic_bells import RedisBells
from messaging.adapters.storage.chosen import chosen_storage
from messaging.application.catch_up import CatchUp
from messaging.application.close_signed_out import CloseSignedOut
from messaging.application.deliver_here import DeliverToSockets
from messaging.application.feel_pressure import FeelPressure
from messaging.application.node import Node
from messaging.application.open_conversation import OpenConversation
from messaging.application.open_session import CloseSession, OpenSession
from messaging.application.ports import (
    CommitLog,
    CreditBank,
    Cursors,
    Directory,
    MessageStore,
    Monitor,
    Nodes,
    Presence,
    PressureBoard,
    RecentMessages,
    SignalMemory,
    SignIns,
    Slots,
    UploadDoor,
)
from messaging.application.read_history import ReadHistory
from messaging.application.receive_frame import ReceiveFrame
from messaging.application.recent_ids import RecentIds
from messaging.application.redeliver import Redeliver
from messaging.application.report_node import Noticed, ReportNode
from messaging.application.rooms.add_members import AddMembers
from messaging.application.rooms.answer_request import AnswerRequest
from messaging.application.rooms.change_role import ChangeRole
from messaging.application.rooms.join_group import JoinGroup
from messaging.application.rooms.mark_conversation import MarkConversation
from messaging.application.rooms.remove_member import RemoveMember
from messaging.application.rooms.renew_invitation import RenewInvitation
from messaging.application.rooms.take_support import TakeSupport
from messaging.application.route_receipts import connect_receipts
from messaging.application.sessions import Sessions
from messaging.application.stages.ack import AcknowledgeMessages, AcknowledgeSignals
from messaging.application.stages.await_receipt import AwaitReceipt, Release
from messaging.application.stages.cache import Cache
from messaging.application.stages.deduplicate import Deduplicate, DeduplicateSignals
from messaging.application.stages.deliver import Deliver
from messaging.application.stages.finalize import Finalize, FinalizeChat
from messaging.application.stages.generate import DeliverHere, Generate
from messaging.application.stages.persist import Persist
from messaging.application.stages.read import ReadPages, ReadPresence
from messaging.application.stages.slots import IssueUpload, PersistSlot
from messaging.application.stages.spend_credit import SpendCredit
from messaging.application.stages.store_state import StoreState
from messaging.application.stages.validate import Validate, ValidateSignal
from messaging.application.topics import Topics
from messaging.application.whereabouts import Whereabouts
from messaging.domain import stages
from messaging.domain.catalogue import REGISTRY
from messaging.domain.credits import Allowance
from messaging.domain.pipeline import Pipeline
from messaging.domain.registry import Registry
from messaging.domain.resolver import Context, Resolver
from messaging.domain.stages import Stage
from messaging.domain.types.chat import CHAT
from messaging.domain.types.commands import COMMANDS
from messaging.domain.types.upload import UPLOAD

# Writers of messages; a conversation always belongs to the same one. Two would commit twice as often, each half as much,
# for the same disk: a fifth more of the processor for each message.
LANES = 1
READERS = 4

book, rooms, invitations = OrmConversationBook(), OrmRooms(), OrmInvitations()
open_conversation = OpenConversation(book)
add_members = AddMembers(rooms, book)
remove_member = RemoveMember(rooms)
change_role = ChangeRole(rooms)
renew_invitation = RenewInvitation(rooms)
join_group = JoinGroup(rooms, invitations)
answer_request = AnswerRequest(rooms)
mark_conversation = MarkConversation(rooms)
take_support = TakeSupport(rooms)


def new_invitation() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Who provides what a node needs; tests put fakes here."""

    store: MessageStore
    directory: Directory
    cursors: Cursors
    commit_log: CommitLog
    bank: CreditBank
    presence: Presence
    nodes: Nodes
    recent: RecentMessages
    signals: SignalMemory
    sign_ins: SignIns
    board: PressureBoard
    monitor: Monitor
    slots: Slots
    upload_door: UploadDoor


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What must be opened before a node works, and closed after it."""

    writers: AsyncConnectionPool[Any]
    readers: AsyncConnectionPool[Any]
    redis: RedisLine

    async def open(self) -> None:
        await self.writers.open(wait=False)
        await self.readers.open(wait=False)

    async def close(self) -> None:
        await self.writers.close()
        await self.readers.close()
        await self.redis.close()


def make_resources() -> Resources:
    return Resources(
        writers=make_pool(name="writers", size=LANES + 2),
        readers=make_pool(name="readers", size=READERS),
        redis=RedisLine(settings.REDIS_URL),
    )


def real_ports(resources: Resources, *, node_id: str) -> Ports:
    """Return PostgreSQL and Redis behind all ports."""
    cards = Cards()
    line = resources.redis
    return Ports(
        store=PostgresMessageStore(writers=resources.writers, readers=resources.readers, cards=cards),
        directory=PostgresDirectory(readers=resources.readers, cards=cards),
        cursors=PostgresCursors(readers=resources.readers),
        commit_log=OutboxCommitLog(readers=resources.readers),
        bank=CreditsWithFallback(RedisCredits(line), MemoryCredits()),
        presence=RedisPresence(line, node_id=node_id),
        nodes=RedisNodes(line, node_id=node_id),
        recent=RedisRecentMessages(line),
        signals=SignalsWithFallback(RedisSignalMemory(line), MemorySignals()),
        sign_ins=PostgresSignIns(readers=resources.readers),
        board=RedisPressureBoard(line, node_id=node_id),
        monitor=OutboxMonitor(readers=resources.readers, node_id=node_id),
        slots=PostgresSlots(readers=resources.readers, secret=settings.SECRET_KEY),
        upload_door=chosen_storage(),
    )


def new_node_id() -> str:
    return new_id().hex


def allowance_of_settings() -> Allowance:
    return Allowance(settings.CHAT_CREDITS, settings.CHAT_CREDITS, settings.CHAT_CREDIT_SECONDS)


def make_node(
    ports: Ports,
    *,
    node_id: str,
    allowance: Allowance,
    registry: Registry = REGISTRY,
    context: Context = Context(),  # noqa: B008  (frozen)
    more_stages: Mapping[str, Stage] | None = None,
) -> Node:
    """Assemble a chat node."""
    noticed = Noticed()
    gauges = PrometheusGauges(noticed)
    sessions = Sessions()
    feel_pressure = FeelPressure(allowance=allowance, gauges=gauges)
    deliver_here = DeliverToSockets(sessions)
    read_history = ReadHistory(ports.store, ports.recent)
    topics = Topics()
    release = Release(sessions)
    close_signed_out = CloseSignedOut(sessions, ports.sign_ins)
    ready = _stages(
        ports,
        node_id=node_id,
        sessions=sessions,
        feel_pressure=feel_pressure,
        deliver_here=deliver_here,
        read_history=read_history,
        release=release,
    )
    pipeline = Pipeline(registry, Resolver(ready | dict(more_stages or {})), context, gauges)
    connect_receipts(pipeline=pipeline, deliver_here=deliver_here, release=release)
    return Node(
        id=node_id,
        sessions=sessions,
        pipeline=pipeline,
        receive_frame=ReceiveFrame(registry, pipeline, topics, gauges),
        topics=topics,
        open_session=OpenSession(
            sessions=sessions, directory=ports.directory, presence=ports.presence, bank=ports.bank
        ),
        close_session=CloseSession(sessions=sessions, presence=ports.presence),
        deliver_here=deliver_here,
        redeliver=Redeliver(sessions, read_history, gauges),
        catch_up=CatchUp(
            log=ports.commit_log,
            store=ports.store,
            directory=ports.directory,
            sessions=sessions,
            deliver_here=deliver_here,
            close_signed_out=close_signed_out,
            gauges=gauges,
        ),
        close_signed_out=close_signed_out,
        feel_pressure=feel_pressure,
        report=ReportNode(feel_pressure=feel_pressure, board=ports.board, monitor=ports.monitor, noticed=noticed),
        presence=ports.presence,
        sign_ins=ports.sign_ins,
        nodes=ports.nodes,
        commit_seconds=gauges.last_commit_seconds,
    )


def _stages(
    ports: Ports,
    *,
    node_id: str,
    sessions: Sessions,
    feel_pressure: FeelPressure,
    deliver_here: DeliverToSockets,
    read_history: ReadHistory,
    release: Release,
) -> dict[str, Stage]:
    """Return the ready stages by the names that types list."""
    allowance = feel_pressure.allowance
    recent = RecentIds()
    deliver = Deliver(
        node_id=node_id, whereabouts=Whereabouts(ports.presence), nodes=ports.nodes, deliver_here=deliver_here
    )
    spend_credit = SpendCredit(ports.bank, allowance, ports.store)
    finalize_chat = FinalizeChat(
        sessions=sessions,
        bank=ports.bank,
        allowance=allowance,
        directory=ports.directory,
        cursors=ports.cursors,
        deliver=deliver,
        spend_credit=spend_credit,
    )
    return {
        stages.VALIDATE: Validate(ports.directory),
        "signal." + stages.VALIDATE: ValidateSignal(ports.directory),
        stages.DEDUPLICATE: Deduplicate(recent),
        "signal." + stages.DEDUPLICATE: DeduplicateSignals(ports.signals),
        stages.SPEND_CREDIT: spend_credit,
        stages.PERSIST: Persist(ports.store, lanes=LANES),
        stages.ACK: AcknowledgeMessages(sessions, ports.bank, allowance, recent),
        "signal." + stages.ACK: AcknowledgeSignals(sessions),
        stages.CACHE: Cache(ports.recent),
        stages.DELIVER: deliver,
        stages.AWAIT_RECEIPT: AwaitReceipt(sessions),
        stages.RELEASE: release,
        stages.STORE_STATE: StoreState(ports.cursors),
        stages.FINALIZE: Finalize(sessions),
        **{f"{one.name}.{stages.PERSIST}": Persist(ports.store, lanes=1) for one in COMMANDS},
        **{f"{one.name}.{stages.FINALIZE}": finalize_chat for one in (CHAT, *COMMANDS, UPLOAD)},
        "history." + stages.READ: ReadPages(read_history, sessions),
        "watch." + stages.READ: ReadPresence(ports.directory, ports.presence, sessions),
        "upload." + stages.PERSIST: PersistSlot(ports.slots),
        stages.ISSUE_UPLOAD: IssueUpload(ports.upload_door),
        stages.GENERATE: Generate(),
        "system." + stages.DELIVER: DeliverHere(sessions),
    }


async def start_node() -> Node:
    """Open what a node needs, and let it work."""
    resources = make_resources()
    await resources.open()
    node_id = new_node_id()
    node = make_node(real_ports(resources, node_id=node_id), node_id=node_id, allowance=allowance_of_settings())
    node.topics.source, node.topics.bells = AppTopics(), RedisBells(resources.redis)
    node.on_stop = resources.close
    await node.take_its_place()
    node.start()
    return node


async def stop_node(node: Node) -> None:
    await node.drain()
