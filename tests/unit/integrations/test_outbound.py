"""Which addresses are called at all."""

import ipaddress
import socket
from unittest import mock

import pytest

from integrations import outbound
from integrations.outbound import Refused, Rules, checked_url, is_allowed

STRICT = Rules()
INSIDE = (
    *("0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::0", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "fec0::1", "fc00::1", "fd12::1"),
    *("ff02::1", "2001:db8::1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "100::1"),
)
OUTSIDE = ("1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1")
# however an address is written, the system reads it as one
NOTATIONS = (
    *("2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "0"),
    *("10.1", "0xa9fea9fe", "3232235777", "[::1]", "[::ffff:7f00:1]", "[fe80::1]", "localhost", "a.localhost"),
)


@pytest.mark.parametrize("text", INSIDE)
def test_what_only_this_network_reaches_is_refused(text):
    assert not is_allowed(ipaddress.ip_address(text), STRICT)


@pytest.mark.parametrize("text", OUTSIDE)
def test_public_addresses_are_allowed(text):
    assert is_allowed(ipaddress.ip_address(text), STRICT)


def test_a_setting_allows_a_network_and_nothing_beside_it():
    rules = Rules.of(["10.1.0.0/16", "fd00::/8"], plain_http=False)
    allowed = ["10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "1.1.1.1"]
    assert all(is_allowed(ipaddress.ip_address(text), rules) for text in allowed)
    assert not any(is_allowed(ipaddress.ip_address(text), rules) for text in ["10.2.0.1", "127.0.0.1", "fe80::1"])


@pytest.mark.parametrize("host", NOTATIONS)
def test_every_notation_of_an_inside_address_is_refused(host):
    with pytest.raises(Refused) as refusal:
        checked_url(f"https://{host}/hook", STRICT)
    assert refusal.value.code == "address_not_public"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://erp.example.org/", "https_needed"),
        ("ftp://erp.example.org/", "https_needed"),
        ("file:///etc/passwd", "https_needed"),
        ("erp.example.org", "https_needed"),
        ("", "https_needed"),
        ("https://", "url_malformed"),
        ("https://erp.example.org:99999/", "url_malformed"),
        ("https://erp.example.org:0/", "url_malformed"),
        ("https://[::1/", "url_malformed"),
        ("https://erp.example.org/\r\nX-Evil: 1", "url_malformed"),
        ("https://erp.example.org/a b", "url_malformed"),
        ("https://１２７.0.0.1/", "url_malformed"),
        ("https://user:word@erp.example.org/", "url_with_credentials"),
        ("https://erp.example.org/#part", "url_with_credentials"),
    ],
)
def test_malformed_addresses_are_refused(url, code):
    with pytest.raises(Refused) as refusal:
        checked_url(url, STRICT)
    assert refusal.value.code == code


def test_plain_http_needs_the_setting():
    assert checked_url("http://erp.example.org/", Rules(plain_http=True)).hostname == "erp.example.org"


def answers(*addresses):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]


def resolver(*rounds):
    """A name server that answers anew at each question; an address in numbers is none."""
    left = list(rounds)

    def look_up(host, port, type=0, flags=0):
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror
        return answers(*left.pop(0))

    return look_up


@pytest.mark.parametrize("found", [("127.0.0.1",), ("1.1.1.1", "10.0.0.1"), ("169.254.169.254",)])
def test_a_name_that_leads_inside_is_refused_before_any_connection(found):
    with (
        mock.patch.object(outbound.socket, "getaddrinfo", resolver(found)),
        mock.patch.object(outbound.socket, "create_connection") as connect,
    ):
        answer = outbound.post("https://erp.example.org/", b"{}", {}, STRICT)
    assert (answer.status, answer.error) == (None, "address_not_public")
    connect.assert_not_called()


def test_the_connection_goes_to_the_address_that_was_checked():
    """Rebinding: the second answer of the name server would lead inside, and is never asked for."""
    with (
        mock.patch.object(outbound.socket, "getaddrinfo", resolver(["1.1.1.1"], ["127.0.0.1"])),
        mock.patch.object(outbound.socket, "create_connection", side_effect=ConnectionRefusedError) as connect,
    ):
        answer = outbound.post("https://erp.example.org/", b"{}", {}, STRICT)
    assert answer.error == "connection_failed"
    assert [call.args[0] for call in connect.call_args_list] == [("1.1.1.1", 443)]


def test_an_unknown_name_is_said_so():
    with mock.patch.object(outbound.socket, "getaddrinfo", side_effect=socket.gaierror):
        assert outbound.post("https://nobody.example/", b"{}", {}, STRICT).error == "name_unknown"
