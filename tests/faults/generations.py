"""Which processes of the running system there are, to see that the killed ones have gone and others have come."""

from stack import control, keys, leftovers


def pid_of(name: str) -> int:
    """Return the id of a program's own process; 0 while it isn't running."""
    [pid] = [record["pid"] for record in control.status() if record["name"] == name]
    return int(pid)


def processes_of(name: str) -> set[int]:
    """Return the ids of a program's processes, children included."""
    return {left.process.pid for left in leftovers.find(keys.load()["stack_mark"]) if left.name == name}
