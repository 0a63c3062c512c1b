"""Well-known text formats, with the meanings that protovalidate gives them."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import unquote_to_bytes

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(
    rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*\Z"
).match
_HOSTNAME = re.compile(rf"(?:{_LABEL}\.)*(?![0-9]+\.?\Z){_LABEL}\.?\Z").match
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}\Z").match
_PREFIX_LENGTH = re.compile(r"(?:0|[1-9][0-9]{0,2})\Z").match
_PORT = re.compile(r"(?:0|[1-9][0-9]{0,4})\Z").match


def is_email(text: str) -> bool:
    """Whether a text is an e-mail address as HTML defines it (html.spec.whatwg.org, 4.10.5.1.5)."""
    return _EMAIL(text) is not None


def is_hostname(text: str) -> bool:
    """Whether a text is a host name (RFC 1034, section 3.5) whose last label is not all digits."""
    return len(text) - text.endswith(".") <= 253 and _HOSTNAME(text) is not None


def is_ip(text: str, version: int = 0) -> bool:
    """Whether a text is an IP address; ``version`` is 4, 6, or 0 for either."""
    if version == 0:
        return is_ipv4(text) or is_ipv6(text)
    return is_ipv4(text) if version == 4 else version == 6 and is_ipv6(text)


def is_ipv4(text: str) -> bool:
    """Whether a text is an IPv4 address in dotted decimals, without leading zeros."""
    return _IPV4(text) is not None


def is_ipv6(text: str, *, zone: bool = True) -> bool:
    """Whether a text is an IPv6 address (RFC 4291), with a zone identifier if that is allowed."""
    address, separator, identifier = text.partition("%")
    if separator and not (zone and identifier and "\0" not in identifier):
        return False
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return True


def is_ip_prefix(text: str, version: int = 0, strict: bool = False) -> bool:
    """Whether a text is an IP prefix (``10.0.0.0/8``); if strict, with no bit set behind the length."""
    address, slash, length = text.partition("/")
    if not slash or not _PREFIX_LENGTH(length):
        return False
    if version in (0, 4) and is_ipv4(address):
        bits, number = 32, int(ipaddress.IPv4Address(address))
    elif version in (0, 6) and is_ipv6(address, zone=False):
        bits, number = 128, int(ipaddress.IPv6Address(address))
    else:
        return False
    behind = bits - int(length)
    return behind >= 0 and not (strict and number & ((1 << behind) - 1))


def is_host_and_port(text: str, port_required: bool) -> bool:
    """Whether a text is a host name or IP address with a port; IPv6 addresses stand in brackets."""
    colon = text.rfind(":")
    if text.startswith("["):
        end = text.rfind("]")
        if end == len(text) - 1:
            return not port_required and is_ipv6(text[1:end])
        return end + 1 == colon and is_ipv6(text[1:end]) and _is_port(text[colon + 1 :])
    if colon < 0:
        return not port_required and _is_host(text)
    return _is_host(text[:colon]) and _is_port(text[colon + 1 :])


def _is_host(text: str) -> bool:
    return is_hostname(text) or is_ipv4(text)


def _is_port(text: str) -> bool:
    return _PORT(text) is not None and int(text) <= 65535


# RFC 3986, appendix A.
_UNRESERVED_AND_SUB_DELIMS = r"A-Za-z0-9._~!$&'()*+,;=\-"
_ESCAPE = r"%[0-9A-Fa-f]{2}"
_PCHAR = rf"(?:[{_UNRESERVED_AND_SUB_DELIMS}:@]|{_ESCAPE})"
_PCHAR_NO_COLON = rf"(?:[{_UNRESERVED_AND_SUB_DELIMS}@]|{_ESCAPE})"
_AUTHORITY = (
    rf"//(?:(?:[{_UNRESERVED_AND_SUB_DELIMS}:]|{_ESCAPE})*@)?"
    rf"(?:\[(?P<literal>[^\]]*)\]|(?P<name>(?:[{_UNRESERVED_AND_SUB_DELIMS}]|{_ESCAPE})*))(?::[0-9]*)?"
)
_SEGMENTS = rf"(?:/{_PCHAR}*)*"
_TAIL = rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:\#(?:{_PCHAR}|[/?])*)?\Z"
_PATH_BEHIND_AUTHORITY = rf"{_AUTHORITY}{_SEGMENTS}|/(?:{_PCHAR}+{_SEGMENTS})?"
_URI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]*:(?:{_PATH_BEHIND_AUTHORITY}|{_PCHAR}+{_SEGMENTS}|){_TAIL}"
).match
_RELATIVE = re.compile(
    rf"(?:{_PATH_BEHIND_AUTHORITY}|{_PCHAR_NO_COLON}+{_SEGMENTS}|){_TAIL}"
).match
_IP_FUTURE = re.compile(rf"[vV][0-9A-Fa-f]+\.[{_UNRESERVED_AND_SUB_DELIMS}:]+\Z").match
_ZONE = re.compile(rf"25(?P<zone>(?:[A-Za-z0-9._~-]|{_ESCAPE})+)\Z").match


def is_uri(text: str) -> bool:
    """Whether a text is a URI with a scheme (RFC 3986)."""
    match = _URI(text)
    return match is not None and _is_authority(match)


def is_uri_ref(text: str) -> bool:
    """Whether a text is a URI or a relative reference (RFC 3986, section 4.1)."""
    match = _RELATIVE(text)
    return is_uri(text) or (match is not None and _is_authority(match))


def _is_authority(match: re.Match[str]) -> bool:
    literal, name = match["literal"], match["name"]
    if literal is not None:
        return _is_ip_literal(literal)
    return name is None or _is_utf8(name)


def _is_ip_literal(text: str) -> bool:
    if _IP_FUTURE(text):
        return True
    address, separator, identifier = text.partition("%")
    if separator:
        zone = _ZONE(identifier)
        if zone is None or not _is_utf8(zone["zone"]):
            return False
    return is_ipv6(address, zone=False)


def _is_utf8(escaped: str) -> bool:
    """Whether the bytes that percent-encoding stands for are UTF-8."""
    if "%" not in escaped:
        return True
    try:
        unquote_to_bytes(escaped).decode()
    except UnicodeDecodeError:
        return False
    return True
