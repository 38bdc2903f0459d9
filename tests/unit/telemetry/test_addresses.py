from __future__ import annotations

import pytest

from telemetry.core.addresses import RefusedAddress, Target, read_target, refuse_address

PRIVATE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
    "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2001:0:7f00:1::1", "::7f00:1", "fec0::1", "64:ff9b:1::a00:1", "4000::1", "5f00::1", "100::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_address_is_refused(address: str):
    with pytest.raises(RefusedAddress):
        refuse_address(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_passes(address: str):
    refuse_address(address)


@pytest.mark.parametrize("address", [a for a in PRIVATE if "%" not in a])
def test_url_of_a_private_address_is_refused(address: str):
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(RefusedAddress):
        read_target(f"http://{host}:8080/path")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.com/hook?x=1#y", Target("https", "example.com", 443)),
        ("http://Example.COM.:8080", Target("http", "example.com", 8080)),
        ("http://1.1.1.1/", Target("http", "1.1.1.1", 80)),
        ("https://[2606:4700::1111]/", Target("https", "2606:4700::1111", 443)),
        ("https://localhost.example.com/", Target("https", "localhost.example.com", 443)),
        ("https://1.2.3.4.example.com/", Target("https", "1.2.3.4.example.com", 443)),
    ],
)
def test_public_url_leads_to_its_target(url: str, target: Target):
    assert read_target(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com", "ftp://example.com", "file:///etc/passwd",
        "javascript:alert(1)", "http://", "http:///path", "https://user@example.com/",
        "https://user:pw@example.com/", "https://:@example.com/", "https://example.com:0/",
        "https://example.com:99999/", "https://example.com:x/", "http://[::1/", "http://exa mple/",
        "http://example.com\\@127.0.0.1/", "http://example.com/\n", "http://exämple.com/",
        "http://127.0.0.1\t/", "http://" + "a" * 500 + ".com/",
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/",
        "http://127.1/", "http://127.0.0.1./", "http://0x/", "http://a.1/",
        "http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://printer.local/",
        "http://db.internal/", "http://x.home.arpa/",
    ],
)  # fmt: skip
def test_url_that_leads_astray_is_refused(url: str):
    with pytest.raises(RefusedAddress):
        read_target(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "db.internal"])
def test_host_that_the_operator_vouches_for_passes(host: str):
    assert read_target(f"http://{host}:9000/", exempt={host}).port == 9000
    with pytest.raises(RefusedAddress):
        read_target(f"http://{host}:9000/", exempt={"other"})


def test_exemption_excuses_no_user_name():
    with pytest.raises(RefusedAddress):
        read_target("http://u:p@localhost/", exempt={"localhost"})
