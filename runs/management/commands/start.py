"""`manage.py start`: everything on this machine, from an empty folder to a first run."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone
from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer

from budgets.models import Org
from budgets.services.demo import Demo, make_demo
from routing.conf import available
from routing.selectors import known_models
from runs.services.demo import has_demo, seed_demo

HOST = "127.0.0.1"
PATIENCE_SECONDS = 120.0
STOPPED_BY_SIGNAL = {130, 143}  # honcho's codes for SIGINT and SIGTERM
SIMULATED = "simulated, named sim/...; with a provider's key in .env (see .env.example) real ones"
REAL = "real ones, by the keys in the environment or .env"
MADE_UP = "a month of it is made up, to look around in; `manage.py remove_demo` removes it"
NONE_MADE_UP = "yours alone; `manage.py seed_demo` makes a month up, to look around in"
WELCOME = """
  Multi-LLM Orchestrator is running. Ctrl-C stops it; `make run` goes on with the same data.

  Address   {url}
  Log-in    {username}
  Password  {password}
  API key   {key}
  Models    {models}
  History   {history}

  A first run:

  curl -X POST {url}/api/v1/runs/ \\
    -H "Authorization: Bearer {key}" -H "Content-Type: application/json" \\
    -d '{{"project": "Write a Python function that parses ISO 8601 durations, with tests"}}'

"""


class Command(BaseCommand):
    help = "Migrates, makes the demo org, and runs web, worker and simulated providers (Procfile)."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        ports = {"PORT": settings.PORT, "SIM_PORT": settings.SIM_PORT}
        for variable, port in ports.items():
            require_free(variable, port)
        call_command("migrate", verbosity=0)
        Path(settings.STATIC_ROOT).mkdir(exist_ok=True)
        demo = prepare_demo(timezone.now())
        connections.close_all()
        greet_later(demo, list(ports.values()))
        sys.exit(run_procfile(ports))


def prepare_demo(now: datetime) -> Demo:
    """Make what is missing of the demo; its history only once, since it may be removed."""
    is_first = not Org.objects.exists()
    demo = make_demo(now)
    if is_first:
        seed_demo(demo.org, now)
    return demo


def require_free(variable: str, port: int) -> None:
    """Raises: CommandError when something listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}). Stop what listens there, or "
                f"choose another: make run {variable}={port + 1}"
            ) from error


def run_procfile(ports: dict[str, int]) -> int:
    """Run every process of the Procfile until a signal comes or one of them ends.

    Returns the exit code: 0 after a signal, else that of the process which ended.
    """
    bin_dir = Path(sys.executable).parent
    environment = {
        **os.environ,
        **{name: str(port) for name, port in ports.items()},
        "PATH": f"{bin_dir}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
    }
    procfile = parse_procfile((settings.BASE_DIR / "Procfile").read_text())
    manager = Manager(Printer(sys.stdout, colour=sys.stdout.isatty()))
    for name, command in procfile.processes.items():
        manager.add_process(name, command, env=environment, cwd=str(settings.BASE_DIR))
    manager.loop()
    return 0 if manager.returncode in STOPPED_BY_SIGNAL else int(manager.returncode)


def greet_later(demo: Demo, ports: list[int]) -> None:
    """Leave a process behind that prints the welcome once all is up, and is no process of honcho's.

    As one of them its end would be the sign to stop the others.
    """
    starter = os.getpid()
    sys.stdout.flush()
    if child := os.fork():
        os.waitpid(child, 0)
        return
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with contextlib.suppress(Exception):
        if wait_until_up(starter, ports):
            sys.stdout.write(welcome(demo))
            sys.stdout.flush()
    os._exit(0)


def wait_until_up(starter: int, ports: list[int]) -> bool:
    """Wait for the web's answer and open ports; give up when `starter` ended, or in the end."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        os.kill(starter, 0)
        with contextlib.suppress(OSError):
            for port in ports:
                socket.create_connection((HOST, port), timeout=1).close()
            urllib.request.urlopen(f"http://{HOST}:{settings.PORT}/healthz", timeout=2).close()
            return True
        time.sleep(0.3)
    return False


def welcome(demo: Demo) -> str:
    providers = known_models().providers
    real = [not providers[name].simulated for name in available(providers.values())]
    return WELCOME.format(
        url=settings.PUBLIC_URL,
        username=demo.username,
        models=REAL if any(real) else SIMULATED,
        password=demo.password or "(the one you have set)",
        key=demo.api_key,
        history=MADE_UP if has_demo() else NONE_MADE_UP,
    )
