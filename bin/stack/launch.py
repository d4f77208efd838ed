"""Become one program of the stack: prepare what it needs at each start, then replace this process with it.

Supervisord starts every program through here, so that a program started again after a crash finds the same order as at
the first start: nobody of its kind left behind, no metrics of dead processes, no stale lock.
"""

import os
import shutil
import sys

from stack import environment, keys, leftovers, paths, ports, postgres, processes


def main(name: str) -> None:
    os.chdir(paths.PROJECT)
    secrets = keys.load()
    chosen_ports = ports.remembered()
    leftovers.end(left for left in leftovers.find(secrets["stack_mark"]) if left.name == name)
    durable = os.environ.get("AQUASTREAM_NOT_DURABLE") != "1"
    program = processes.BY_NAME[name]
    command = program.command(processes.Choices(ports=chosen_ports, keys=secrets, durable=durable))
    marked = {leftovers.MARK: secrets["stack_mark"], leftovers.NAME: name}
    if program.stage == processes.SERVERS:
        variables = dict(os.environ)
    else:
        variables = environment.without_stack() | environment.for_product(os.environ, ports=chosen_ports, keys=secrets)
        variables |= environment.for_process(name, ports=chosen_ports)
        shutil.rmtree(paths.metrics_folder() / name, ignore_errors=True)
        paths.private_folder(paths.metrics_folder() / name)
    os.nice(program.niceness)
    if name == "postgres":
        enter_cluster(postgres.locate())
    os.execve(command[0], command, variables | marked)  # noqa: S606  (a shell would be one process more)


def enter_cluster(cluster: postgres.Cluster) -> None:
    """Clear what a dead server left and, started by root, become the cluster's owner for good."""
    for file in postgres.forget_dead_server(cluster):
        print(f"removed {file}: its server is gone", flush=True)
    if cluster.uid is not None:
        os.chdir(cluster.data)
        os.setgroups([])
        os.setgid(cluster.uid)
        os.setuid(cluster.uid)


if __name__ == "__main__":
    main(sys.argv[1])
