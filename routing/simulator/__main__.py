"""The command line: `python -m routing.simulator --port 8100`."""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import signal
import sys

from aiohttp import web

from .provider import Settings
from .server import application

_HOST = "127.0.0.1"
_SHUTDOWN_SECONDS = 0.5  # whoever hangs in a simulated timeout is not waited for


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator until SIGINT or SIGTERM; return the exit status."""
    options = _parser().parse_args(arguments)
    settings = Settings(
        seed=options.seed,
        latency_scale=options.latency_scale,
        fixed_latency_ms=options.fixed_latency_ms,
        kept_prompts=options.keep_prompts,
    )
    try:
        asyncio.run(_serve(settings, options.port, options.stop_with_stdin))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.stderr.write(
            f"Port {options.port} is taken. Stop what listens there, or choose another port "
            "with --port or SIM_PORT.\n"
        )
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("routing.simulator", description="Simulated model providers.")
    environment = os.environ.get
    parser.add_argument(
        "--port", type=int, default=int(environment("SIM_PORT", "8100")), help="0: any free one"
    )
    parser.add_argument("--seed", type=int, default=int(environment("SIM_SEED", "7")))
    parser.add_argument(
        "--latency-scale",
        type=float,
        default=float(environment("SIM_LATENCY_SCALE", "1")),
        help="multiplies every model's latency; 0 answers at once",
    )
    parser.add_argument(
        "--fixed-latency-ms", type=float, default=None, help="the same latency for every reply"
    )
    parser.add_argument(
        "--keep-prompts", action="store_true", help="show prompts in the access log"
    )
    parser.add_argument(
        "--stop-with-stdin", action="store_true", help="stop when standard input is closed"
    )
    return parser


async def _serve(settings: Settings, port: int, stop_with_stdin: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(
        application(settings),
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=_SHUTDOWN_SECONDS,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, _HOST, port, backlog=1024)
        await site.start()
        listening = runner.addresses[0][1]
        sys.stdout.write(f"Simulated providers listen on http://{_HOST}:{listening}\n")
        sys.stdout.flush()
        if stop_with_stdin:
            loop.add_reader(sys.stdin.fileno(), _on_input, loop, stop)
        await stop.wait()
    finally:
        await runner.cleanup()


def _on_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop once standard input ends: whoever started the simulator is gone."""
    if not os.read(sys.stdin.fileno(), 4096):
        loop.remove_reader(sys.stdin.fileno())
        stop.set()


if __name__ == "__main__":
    sys.exit(main())
