"""Take back what a test has committed: table by table to the rows that were there before, quicker than a new clone."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

# What a DELETE and an INSERT of rows can't take back: columns, constraints, triggers, functions, indexes, tables.
SHAPE_SQL = """
    SELECT coalesce(sum(hashtextextended(part, 0)), 0) FROM (
        SELECT concat_ws(' ', attrelid::regclass, attname, atttypid, attnotnull, attisdropped, attgenerated)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0
        UNION ALL SELECT concat_ws(' ', 'constraint', oid, convalidated) FROM pg_constraint
        UNION ALL SELECT concat_ws(' ', 'trigger', oid, tgenabled, tgqual) FROM pg_trigger
        UNION ALL SELECT concat_ws(' ', 'function', oid, hashtext(prosrc)) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT concat_ws(' ', 'index', indexrelid, indisvalid) FROM pg_index
    ) AS parts (part)
"""
TABLES_SQL = """
    SELECT relname, array_remove(array_agg(attname ORDER BY attnum) FILTER (WHERE attgenerated = ''), NULL)
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    GROUP BY relname ORDER BY relname
"""
ALWAYS_SQL = """
    SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE tgenabled = 'A' AND relname = ANY(%s) AND relnamespace = 'public'::regnamespace
"""
MARK_SQL = "SELECT {name}, count(*), coalesce(sum(hashtextextended(concat(ctid, xmin), 0)), 0) FROM {table}"


@dataclass
class Pristine:
    """The rows of a database as it was when this was taken."""

    shape: int
    columns: dict[str, list[str]]
    marks: dict[str, tuple[int, int]]
    rows: dict[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, database: psycopg.Connection) -> "Pristine":
        columns = {name: list(names) for name, names in database.execute(TABLES_SQL)}
        marks = _marks(database, columns)
        rows = {name: _copy_out(database, name, columns[name]) for name, (count, _) in marks.items() if count}
        return cls(shape=_shape(database), columns=columns, marks=marks, rows=rows)

    def restore(self, database: psycopg.Connection) -> bool:
        """Put back the rows of all tables that were touched; False if more than rows has changed.

        Sequences go on where they are, as after a transaction that was rolled back.
        """
        if _shape(database) != self.shape:
            return False
        now = _marks(database, self.columns)
        touched = [name for name, mark in now.items() if mark != self.marks[name]]
        if not touched:
            return True
        with database.transaction():
            # No triggers: neither foreign keys, which hold again at the end, nor those that refuse to forget.
            database.execute("SET LOCAL session_replication_role = replica")
            always = database.execute(ALWAYS_SQL, [touched]).fetchall()
            for table, trigger in always:
                database.execute(_switch(table, "DISABLE TRIGGER", trigger))
            for name in touched:
                database.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
            for name in touched:
                if name in self.rows:
                    _copy_in(database, name, self.columns[name], self.rows[name])
            for table, trigger in always:
                database.execute(_switch(table, "ENABLE ALWAYS TRIGGER", trigger))
        self.marks |= _marks(database, touched)
        return True


def _shape(database: psycopg.Connection) -> int:
    row = database.execute(SHAPE_SQL).fetchone()
    assert row is not None
    return int(row[0])


def _marks(database: psycopg.Connection, tables: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return of each table its number of rows and a number that any write changes."""
    asked = [sql.SQL(MARK_SQL).format(name=sql.Literal(name), table=sql.Identifier(name)) for name in tables]
    return {name: (count, int(mark)) for name, count, mark in database.execute(sql.SQL(" UNION ALL ").join(asked))}


def _copy_out(database: psycopg.Connection, table: str, columns: list[str]) -> bytes:
    with database.cursor().copy(_copy(table, columns, "TO STDOUT")) as copy:
        return b"".join(bytes(part) for part in copy)


def _copy_in(database: psycopg.Connection, table: str, columns: list[str], rows: bytes) -> None:
    with database.cursor().copy(_copy(table, columns, "FROM STDIN")) as copy:
        copy.write(rows)


def _copy(table: str, columns: list[str], way: str) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) {} (FORMAT binary)").format(sql.Identifier(table), names, sql.SQL(way))


def _switch(table: str, how: str, trigger: str) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} {} {}").format(sql.Identifier(table), sql.SQL(how), sql.Identifier(trigger))
