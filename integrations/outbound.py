"""One POST to an address that somebody typed in, without letting it reach what only this server reaches.

The name is resolved once; every address it has must be public, and the connection goes to the very address that was
checked, so a name that changes in between (rebinding) gains nothing. No redirect is followed, no proxy is used, no
answer is kept but its status.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

CONNECT_SECONDS, TOTAL_SECONDS = 4.0, 10.0
ANSWER_BYTES = 4096
LONGEST_PAUSE = 10 * 3600
# they carry an IPv4 address inside and a gateway would go there: NAT64, 6to4, Teredo
WRAPPING = [ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]


class Refused(Exception):
    """The address may not be called; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Rules:
    """What the machine's owner allows beyond public addresses over https."""

    networks: Sequence[Network] = ()
    plain_http: bool = False

    @classmethod
    def of(cls, networks: Sequence[str], *, plain_http: bool) -> "Rules":
        return cls([ipaddress.ip_network(text) for text in networks], plain_http)


@dataclass(frozen=True)
class Answer:
    """``status`` is none when there was no answer; ``error`` is a code and empty when the receiver accepted."""

    status: int | None
    error: str
    duration_ms: int
    retry_after: int = 0


def checked_url(url: str, rules: Rules) -> SplitResult:
    """Its form, and its host where that is an address in whatever notation; a name is resolved when it is called."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("url_malformed") from error
    if parts.scheme != "https" and not (parts.scheme == "http" and rules.plain_http):
        raise Refused("https_needed")
    if not parts.hostname or port == 0 or not url.isascii() or any(ord(sign) <= 32 for sign in url):
        raise Refused("url_malformed")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused("url_with_credentials")
    numeric = _lookup(parts.hostname, parts, socket.AI_NUMERICHOST)
    if parts.hostname == "localhost" or parts.hostname.endswith(".localhost"):
        numeric = [ipaddress.ip_address("127.0.0.1")]
    if not all(is_allowed(address, rules) for address in numeric):
        raise Refused("address_not_public")
    return parts


def is_allowed(address: Address, rules: Rules) -> bool:
    inner = getattr(address, "ipv4_mapped", None)
    address = inner or address
    if any(address in network for network in rules.networks if network.version == address.version):
        return True
    return address.is_global and not (
        address.is_multicast
        or address.is_private
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or getattr(address, "is_site_local", False)
        or any(address in network for network in WRAPPING if network.version == address.version)
    )


def post(url: str, body: bytes, headers: Mapping[str, str], rules: Rules) -> Answer:
    begun = time.monotonic()
    try:
        parts = checked_url(url, rules)
        status, retry_after = _exchange(parts, _resolved(parts, rules), body, headers)
    except Refused as refusal:
        return Answer(None, refusal.code, _since(begun))
    except ssl.SSLError as error:
        code = "certificate_refused" if isinstance(error, ssl.SSLCertVerificationError) else "tls_failed"
        return Answer(None, _or_timeout(code, begun), _since(begun))
    except TimeoutError:
        return Answer(None, "timeout", _since(begun))
    except (OSError, http.client.HTTPException, ValueError):
        return Answer(None, _or_timeout("connection_failed", begun), _since(begun))
    return Answer(status, _refusal_of(status), _since(begun), retry_after)


def _refusal_of(status: int) -> str:
    if 200 <= status < 300:
        return ""
    return "redirected" if 300 <= status < 400 else "refused"


def _exchange(parts: SplitResult, address: Address, body: bytes, headers: Mapping[str, str]) -> tuple[int, int]:
    raw = socket.create_connection((str(address), _port(parts)), timeout=CONNECT_SECONDS)
    # a timeout of the socket starts anew with every byte; a receiver that drips is cut off here
    cut = threading.Timer(TOTAL_SECONDS, _cut, [raw])
    cut.daemon = True
    cut.start()
    try:
        raw.settimeout(TOTAL_SECONDS)
        return _speak(parts, raw, body, headers)
    finally:
        cut.cancel()
        raw.close()


def _speak(parts: SplitResult, raw: socket.socket, body: bytes, headers: Mapping[str, str]) -> tuple[int, int]:
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, _port(parts))
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    connection.sock = tls.wrap_socket(raw, server_hostname=host) if tls else raw
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {**headers, "Host": _host_header(parts), "Connection": "close"})
        response = connection.getresponse()
        response.read(ANSWER_BYTES)
        return response.status, _retry_after(response.getheader("Retry-After") or "")
    finally:
        connection.close()


def _cut(raw: socket.socket) -> None:
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is over already


def _resolved(parts: SplitResult, rules: Rules) -> Address:
    """One of its addresses, after all of them were found to be allowed."""
    addresses = _lookup(parts.hostname or "", parts, 0)
    if not addresses:
        raise Refused("name_unknown")
    if not all(is_allowed(address, rules) for address in addresses):
        raise Refused("address_not_public")
    return addresses[0]


def _lookup(host: str, parts: SplitResult, flags: int) -> list[Address]:
    try:
        found: list[Any] = socket.getaddrinfo(host, _port(parts), type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError):
        return []
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _host_header(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
    return f"{host}:{parts.port}" if parts.port else host


def _retry_after(text: str) -> int:
    return min(int(text), LONGEST_PAUSE) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _or_timeout(code: str, begun: float) -> str:
    """A connection that was cut off looks broken; that it took so long says why."""
    return "timeout" if time.monotonic() - begun >= TOTAL_SECONDS else code


def _since(begun: float) -> int:
    return int((time.monotonic() - begun) * 1000)
