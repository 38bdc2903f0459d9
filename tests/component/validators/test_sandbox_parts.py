"""The sandbox's pure parts: identities, file names, the filter's program, what is shown."""

from __future__ import annotations

import struct
import sys
import sysconfig
from pathlib import Path

import pytest

from runs.validators.sandbox import identity, runtime, seccomp
from runs.validators.sandbox.files import UnsafeFiles, check_files
from runs.validators.sandbox.spec import Limits, Spec

EVERYTHING = "         0          0 4294967295\n"
X86 = 0xC000003E
ALLOWED, NOT_PERMITTED, NO_SUCH_CALL, KILLED = 0x7FFF0000, 0x50001, 0x50026, 0x80000000


def test_an_ordinary_user_stays_itself_without_groups_to_give_up():
    assert identity.mapping(1000, 100, EVERYTHING, lambda below: 0) == identity.Mapping(
        "65534 1000 1\n", "65534 100 1\n", may_set_groups=False
    )


def test_root_runs_the_program_as_an_identity_nobody_has():
    ids = identity.mapping(0, 0, EVERYTHING, lambda below: 7)
    assert ids.uid_map == ids.gid_map == "0 0 1\n65534 1800000007 1\n"
    assert ids.may_set_groups


def test_root_of_a_container_with_few_identities_becomes_nobody():
    ids = identity.mapping(0, 0, "0 100000 65536\n", lambda below: 7)
    assert ids.uid_map == "0 0 1\n65534 65534 1\n"


def test_root_of_a_rootless_container_is_an_ordinary_user():
    ids = identity.mapping(0, 0, "0 1000 1\n", lambda below: 7)
    assert ids.uid_map == "65534 0 1\n"


def test_root_without_a_second_identity_gets_no_sandbox():
    with pytest.raises(OSError, match="no second identity"):
        identity.mapping(0, 0, "0 0 1\n", lambda below: 7)


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "/etc/passwd", "../x", "a/../../x", "a\\..\\x", "a\x00b", "a\nb",
        "x" * 201, ".tmp/x", "é" * 101, "//x",
    ],
)  # fmt: skip
def test_a_name_that_could_leave_the_folder_is_refused(name):
    with pytest.raises(UnsafeFiles):
        check_files({name: ""}, Limits())


@pytest.mark.parametrize("name", ["a.py", "src/app/a.py", ".hidden", "a b.py", "...", "..a"])
def test_a_name_inside_the_folder_is_accepted(name):
    check_files({name: ""}, Limits())


@pytest.mark.parametrize(
    "files",
    [
        {"a": "", "a/b": ""},
        {"a": "x" * 32 * 1024 * 1024},
        {f"{number}": "" for number in range(1_001)},
        {f"{number}": "" for number in range(900)} | {"big": "x" * 30 * 1024 * 1024},
    ],
)
def test_files_that_cannot_be_laid_out_are_refused(files):
    with pytest.raises(UnsafeFiles):
        check_files(files, Limits())


def verdict_of_filter(number: int, arguments: tuple[int, ...] = (), arch: int = X86) -> int:
    """Run the BPF program on one system call, as the kernel would."""
    data = struct.pack("IIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    steps = list(struct.iter_unpack("HBBI", seccomp.program("x86_64")))
    position = value = 0
    while True:
        code, if_true, if_false, operand = steps[position]
        position += 1
        if code == 0x06:
            return int(operand)
        if code == 0x20:
            (value,) = struct.unpack_from("I", data, operand)
        elif code == 0x54:
            value &= operand
        else:
            holds = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}
            position += if_true if holds[code] else if_false


@pytest.mark.parametrize(
    ("call", "verdict"),
    [
        ((0,), ALLOWED),  # read
        ((59,), ALLOWED),  # execve
        ((53,), ALLOWED),  # socketpair
        ((41,), NOT_PERMITTED),  # socket
        ((101,), NOT_PERMITTED),  # ptrace
        ((165,), NOT_PERMITTED),  # mount
        ((272, (0x10000000,)), NOT_PERMITTED),  # unshare
        ((319,), NOT_PERMITTED),  # memfd_create
        ((425,), NOT_PERMITTED),  # io_uring_setup
        ((56, (0x11,)), ALLOWED),  # clone as fork does
        ((56, (0x3D0F00,)), ALLOWED),  # clone as threads do
        ((56, (0x10000011,)), NOT_PERMITTED),  # clone into a user namespace
        ((56, (0x20000,)), NOT_PERMITTED),  # clone into a mount namespace
        ((435,), NO_SUCH_CALL),  # clone3
        ((9, (0, 4096, 3, 0x22)), ALLOWED),  # mmap, private
        ((9, (0, 4096, 3, 0x01)), ALLOWED),  # mmap of a file, shared
        ((9, (0, 4096, 3, 0x21)), NOT_PERMITTED),  # mmap, shared and anonymous
        ((9, (0, 4096, 3, 0x4021)), NOT_PERMITTED),
        ((0x40000029,), NO_SUCH_CALL),  # socket by the x32 numbers
        ((0, (), 0x40000003), KILLED),  # the 32-bit interface
    ],
)
def test_the_filter_judges_each_call(call, verdict):
    assert verdict_of_filter(*call) == verdict


def test_every_refused_call_is_refused_on_both_processors():
    for name, (x86, _) in seccomp.DENIED.items():
        assert x86 is None or verdict_of_filter(x86) == NOT_PERMITTED, name
    numbers = [arm for _, arm in seccomp.DENIED.values() if arm is not None]
    assert len(set(numbers)) == len(numbers)
    assert len(seccomp.program("aarch64")) > 8 * 2 * len(numbers)


def test_nothing_of_the_environment_but_single_packages_is_shown():
    site = Path(sysconfig.get_path("purelib")).resolve()
    view = runtime.together(runtime.interpreter(), runtime.packages("pytest"))
    from_site = [Path(source) for source, _ in view.binds if Path(source).is_relative_to(site)]
    assert {path.name for path in from_site} >= {"pytest", "_pytest", "pluggy"}
    assert not {path.name for path in from_site} & {"django", "litellm"}
    assert all(path.parent == site for path in from_site)


def test_no_folder_that_is_shown_contains_the_project_or_a_home():
    project = Path(__file__).resolve().parents[3]
    for source, _ in runtime.interpreter().binds:
        for private in (project, Path.home(), Path("/etc"), Path("/tmp"), Path("/var")):
            assert not private.is_relative_to(source)


def test_what_is_installed_beside_the_standard_library_is_hidden():
    beside = Path(sys.base_prefix).resolve() / "lib"
    shown = runtime.interpreter()
    packages = list(beside.glob("python3.*/site-packages"))
    visible = [path for path in packages if any(path.is_relative_to(s) for s, _ in shown.binds)]
    assert all(str(path) in shown.hidden for path in visible)


def test_of_nested_folders_the_outer_one_is_enough():
    inner = runtime.View((("/a/b", "/a/b"), ("/a/bc", "/a/bc")))
    assert runtime.together(inner, runtime.View((("/a/b/c", "/a/b/c"),))).binds == inner.binds


def test_a_specification_survives_its_way_through_the_pipe():
    spec = Spec(
        ["a"], {"f": "é\ud800"}, {"K": "v"}, [["/a", "/b"]], [], ["/c"], Limits(processes=3)
    )
    assert Spec.from_json(spec.to_json()) == spec
