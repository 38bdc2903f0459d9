"""What hostile code can see, reach and change from inside the sandbox: nothing of the host."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest

from runs.validators.sandbox.files import UnsafeFiles
from runs.validators.sandbox.launch import SandboxResult

PROJECT = Path(__file__).resolve().parents[3]
SECRET = f"secret-{uuid.uuid4().hex}"

READ = """
import os, sys
for path in {paths!r}:
    try:
        print(path, os.listdir(path) if os.path.isdir(path) else open(path, "rb").read())
    except OSError as error:
        print(path, "denied", type(error).__name__)
"""


@pytest.fixture
def planted():
    """Files with a secret beside manage.py: one as settings, one as a database."""
    files = [PROJECT / f".env-{SECRET[-8:]}", PROJECT / f"db-{SECRET[-8:]}.sqlite3"]
    for file in files:
        file.write_text(SECRET)
    yield files
    for file in files:
        file.unlink()


def denied(result: SandboxResult, paths: list[str]) -> bool:
    lines = result.output.splitlines()
    return len(lines) == len(paths) and all(" denied " in line for line in lines)


def test_the_environment_holds_no_secret(inside, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    result = inside("import os; print(sorted(os.environ.items()))")
    assert result.exit_code == 0
    assert SECRET not in result.output
    assert "OPENAI_API_KEY" not in result.output


def test_the_projects_files_cannot_be_read(inside, planted):
    paths = [str(path) for path in [*planted, PROJECT, PROJECT / "pyproject.toml"]]
    assert denied(inside(READ.format(paths=paths)), paths)


def test_the_virtual_environments_folder_cannot_be_read(inside):
    paths = [sys.prefix, f"{sys.prefix}/pyvenv.cfg", f"{sys.prefix}/bin"]
    assert denied(inside(READ.format(paths=paths)), paths)


def test_no_way_leads_to_a_file_beside_the_project(inside, planted):
    result = inside(f"""
        import os
        names = {{name for _, folders, files in os.walk("/") for name in folders + files}}
        print(len(names), [name for name in names if {SECRET[-8:]!r} in name or name == "old"])
    """)
    assert result.exit_code == 0
    assert result.output.strip().endswith("[]")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow",
        "/etc/passwd",
        "/etc/hostname",
        "/home",
        "/var",
        "/srv",
        "/mnt",
        "/sys",
        "/run",
    ],
)
def test_the_hosts_own_files_cannot_be_read(inside, path):
    assert denied(inside(READ.format(paths=[path])), [path])


def test_nothing_but_the_standard_library_can_be_imported(inside):
    result = inside("""
        import os, sys
        folders = [path for path in sys.path if "packages" in path and os.path.isdir(path)]
        print(folders, [name for path in folders for name in os.listdir(path)])
    """)
    assert result.exit_code == 0
    assert result.output.strip().endswith(" []")


def test_the_home_of_root_is_empty_but_for_an_interpreter_that_lies_in_it(inside):
    result = inside("""
        import os, sys
        seen = [os.path.join(top, name) for top, _, names in os.walk("/root") for name in names]
        print([path for path in seen if not path.startswith(sys.base_prefix)])
    """)
    assert result.output.strip() == "[]"


def test_no_process_of_the_host_shows_its_environment(inside, monkeypatch):
    monkeypatch.setenv("PLANTED", SECRET)
    child = subprocess.Popen(["sleep", "60"])  # its environment in /proc holds the secret
    try:
        numbers = [os.getpid(), os.getppid(), child.pid, 1, "self"]
        paths = [f"/proc/{number}/environ" for number in numbers] + ["/proc"]
        result = inside(READ.format(paths=paths))
    finally:
        child.kill()
        child.wait()
    assert denied(result, paths)
    assert SECRET not in result.output


@pytest.fixture
def listeners(tmp_path):
    """Servers on the loopback, in a file of /tmp and in the abstract space; and who came."""
    came: list[str] = []
    path = f"/tmp/listener-{uuid.uuid4().hex}"
    places: list[tuple[int, Any]] = [
        (socket.AF_INET, ("127.0.0.1", 0)),
        (socket.AF_UNIX, path),
        (socket.AF_UNIX, f"\0{uuid.uuid4().hex}"),
    ]
    servers = []
    for family, address in places:
        server = socket.socket(family, socket.SOCK_STREAM)
        server.bind(address)
        server.listen()
        servers.append(server)
        threading.Thread(target=_serve, args=(server, came), daemon=True).start()
    yield [(int(server.family), server.getsockname()) for server in servers], came
    for server in servers:
        server.close()
    Path(path).unlink()


def _serve(server: socket.socket, came: list[str]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        came.append("somebody")
        connection.sendall(b"hello")
        connection.close()


CONNECT = """
import socket
for family, address in {places!r}:
    try:
        with socket.socket(family) as client:
            client.settimeout(2)
            client.connect(address)
            print("reached", address, client.recv(5))
    except OSError as error:
        print("denied", error)
"""


def test_the_listeners_can_be_reached_from_outside(listeners):
    places, came = listeners
    source = CONNECT.format(places=places)
    output = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True).stdout
    assert output.count("reached") == len(places) == len(came)


def test_no_connection_leaves_the_sandbox(inside, listeners):
    places, came = listeners
    result = inside(CONNECT.format(places=places))
    assert result.output.count("denied") == len(places)
    assert not came


def test_no_address_outside_is_found(inside):
    result = inside("""
        import socket, urllib.request
        for attempt in (
            lambda: socket.getaddrinfo("example.org", 80),
            lambda: urllib.request.urlopen("http://127.0.0.1:8000/", timeout=2),
        ):
            try:
                print("reached", attempt())
            except OSError as error:
                print("denied")
    """)
    assert result.output.split() == ["denied", "denied"]


@pytest.mark.parametrize(
    "path",
    ["/x", "/usr/x", "/lib/x", "/etc/x", "/dev/x", "/opt/x", "/home/x", "/../x", "/box/../x"],
)
def test_nothing_outside_its_folder_can_be_written(inside, path):
    assert inside(f"open({path!r}, 'w').write('x')").exit_code == 1
    assert not Path("/x").exists()


def test_its_own_folder_can_be_written_and_is_gone_afterwards(inside):
    name = f"note-{uuid.uuid4().hex}"
    source = f"""
        import pathlib, tempfile
        for folder in ("/box", "/tmp", tempfile.gettempdir(), "."):
            path = pathlib.Path(folder, {name!r})
            print(path.exists())
            path.write_text("x")
    """
    # /tmp is the same place as the temporary folder
    assert inside(source).output.split() == ["False", "False", "True", "True"]
    assert inside(source).output.split() == ["False", "False", "True", "True"]
    assert not Path("/tmp", name).exists()


def test_what_is_shown_to_it_cannot_be_changed(inside):
    result = inside("""
        import json, os, sys
        for change in (
            lambda: open(json.__file__, "a"),
            lambda: os.unlink(json.__file__),
            lambda: os.chmod(sys.executable, 0o777),
            lambda: os.utime(json.__file__),
            lambda: os.rename("/usr", "/box/usr"),
            lambda: os.symlink("/", "/dev/x"),
        ):
            try:
                change()
                print("changed")
            except OSError as error:
                print("denied")
    """)
    assert result.output.split() == ["denied"] * 6


def test_a_link_out_of_its_folder_leads_nowhere(inside, planted):
    result = inside(f"""
        import os
        os.symlink("{planted[0]}", "link")
        os.symlink("/usr", "usr")
        for attempt in (lambda: open("link").read(), lambda: open("usr/x", "w")):
            try:
                print(attempt())
            except OSError as error:
                print("denied")
    """)
    assert result.output.split() == ["denied", "denied"]


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "a/../../escaped", "..", ""])
def test_a_file_name_that_leads_out_is_refused_before_anything_runs(inside, name):
    with pytest.raises(UnsafeFiles):
        inside("print('ran')", files={name: "x"})
    assert not Path("/tmp/escaped").exists()


def test_files_are_laid_into_its_folder(inside):
    result = inside("print(open('a/b.txt').read())", files={"a/b.txt": "été"})
    assert result.output == "été\n"


def test_no_signal_reaches_another_process(inside):
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        result = inside(f"""
            import os, signal
            for pid in ({bystander.pid}, {os.getpid()}, {os.getppid()}, -1, 1):
                try:
                    os.kill(pid, signal.SIGKILL)
                    print(pid, "sent")
                except OSError as error:
                    print(pid, "denied")
        """)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
    assert result.exit_code == 0
    # the first process of its own namespace takes no signal from inside, though none is refused
    assert [line.split()[1] for line in result.output.splitlines()[:3]] == ["denied"] * 3


def test_signals_to_its_first_process_change_nothing(inside):
    result = inside("""
        import os, signal
        for number in set(signal.Signals):
            os.kill(1, number)
        print("done")
    """)
    assert (result.exit_code, result.output) == (0, "done\n")


def test_it_is_nobody_without_any_power(inside):
    result = inside("""
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        print(os.getresuid(), os.getresgid(), libc.prctl(39, 0, 0, 0, 0))  # PR_GET_NO_NEW_PRIVS
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        sets = (ctypes.c_uint32 * 6)()
        libc.syscall({"x86_64": 125, "aarch64": 90}[os.uname().machine], header, sets)
        bounds = {libc.prctl(23, number, 0, 0, 0) for number in range(38)}  # PR_CAPBSET_READ
        print(list(sets), bounds, os.uname().nodename)
    """)
    first, second = result.output.splitlines()
    assert first == "(65534, 65534, 65534) (65534, 65534, 65534) 1"
    assert second == "[0, 0, 0, 0, 0, 0] {0} sandbox"


def test_it_cannot_make_namespaces_or_mounts_or_trace(inside):
    result = inside("""
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        print(libc.unshare(0x10000000), libc.unshare(0x20000))
        print(libc.mount(b"tmpfs", b"/box", b"tmpfs", 0, None), libc.chroot(b"/box"))
        print(libc.ptrace(16, 1, 0, 0), libc.setuid(0), libc.sethostname(b"x", 1))
    """)
    assert result.output.split() == ["-1"] * 7


def test_the_supervisors_descriptors_are_not_left_open_to_it(inside):
    result = inside("""
        import os
        for number in range(3, 100):
            try:
                os.fstat(number)
                print("open", number)
            except OSError:
                pass
    """)
    assert (result.exit_code, result.output) == (0, "")
