"""Command line of the launcher: `python -m launcher servers start|stop|env|destroy`, `… demo`."""

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from launcher.demo import run_demonstration
from launcher.errors import LaunchError
from launcher.servers import Servers

PROJECT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run one command; return its exit code."""
    options = _parser().parse_args()
    try:
        return int(options.run(options))
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 1


def run_servers(options: argparse.Namespace) -> int:
    """Act on the servers of a folder."""
    ACTS[options.act](Servers(options.var, environ={}))
    return 0


def print_environment(servers: Servers) -> None:
    """Print the servers' addresses for a shell to `eval`."""
    for name, value in servers.environment().items():
        print(f"export {name}={shlex.quote(value)}")


def run_demo(options: argparse.Namespace) -> int:
    """Run the demonstration."""
    return run_demonstration(
        options.var.absolute(), reset=options.reset, check=options.check, reload=options.reload
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m launcher")
    commands = parser.add_subparsers(required=True, metavar="commande")
    servers = commands.add_parser("servers", help="PostgreSQL et Valkey embarqués")
    servers.add_argument("act", choices=list(ACTS))
    servers.add_argument("--var", type=Path, default=PROJECT / "var" / "dev")
    servers.set_defaults(run=run_servers)
    demo = commands.add_parser("demo", help="la démonstration, jusqu’à Ctrl-C")
    demo.add_argument("--reset", action="store_true", help="repartir de zéro")
    demo.add_argument("--check", action="store_true", help="tout faire, puis s’arrêter")
    demo.add_argument("--reload", action="store_true", help="relire le code quand il change")
    demo.add_argument("--var", type=Path, default=PROJECT / "var" / "demo")
    demo.set_defaults(run=run_demo)
    return parser


ACTS: dict[str, Callable[[Servers], None]] = {
    "start": Servers.start,
    "stop": Servers.stop,
    "env": print_environment,
    "destroy": Servers.destroy,
}

if __name__ == "__main__":
    sys.exit(main())
