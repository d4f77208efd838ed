import socket
from collections.abc import Callable
from urllib.parse import unquote

import pytest

from common.outbound_addresses import ForbiddenAddress, Rules, UnknownHost, check_form, judge

PUBLIC = "93.184.216.34"
STRICT = Rules()


def means(*addresses: str) -> Callable[[str, int], list[str]]:
    return lambda host, port: list(addresses)


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "127.8.8.8", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
            *("100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
            *("::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "fec0::1", "ff02::1", "2001:db8::1"),
            *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::"),
        ],
    )
    def test_refuses_what_is_not_public(self, address: str) -> None:
        with pytest.raises(ForbiddenAddress):
            judge("https://shop.example/", rules=STRICT, resolve=means(address))
        with pytest.raises(ForbiddenAddress):
            judge("https://shop.example/", rules=STRICT, resolve=means(PUBLIC, address))

    @pytest.mark.parametrize(
        "url",
        [
            *("https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://0/"),
            *("https://localhost/", "https://[::1]/", "https://[::ffff:7f00:1]/", "https://127.0.0.1./"),
        ],
    )
    def test_refuses_loopback_in_every_spelling_that_the_system_understands(self, url: str) -> None:
        with pytest.raises(ForbiddenAddress):
            judge(url, rules=STRICT)

    @pytest.mark.parametrize(
        "url",
        [
            *("http://shop.example/", "ftp://shop.example/", "file:///etc/passwd", "gopher://shop.example/", "//x/"),
            *("https://shop.example:22/", "https://shop.example:6379/", "https://user:pw@shop.example/", "https:///x"),
            *("https://shop.example:99999/", "https://sh op.example/", "https://a\\@b/", "https://a\r\nHost: b/", ""),
        ],
    )
    def test_refuses_other_schemes_ports_and_forms(self, url: str) -> None:
        with pytest.raises(ForbiddenAddress):
            judge(url, rules=STRICT, resolve=means(PUBLIC))

    def test_refuses_a_name_that_nobody_knows(self) -> None:
        def unknown(host: str, port: int) -> list[str]:
            raise socket.gaierror

        for resolve in (unknown, means()):
            with pytest.raises(UnknownHost):
                judge("https://shop.example/", rules=STRICT, resolve=resolve)

    def test_takes_a_public_one(self) -> None:
        target = judge("https://shop.example:8443/hook?a=1", rules=STRICT, resolve=means(PUBLIC))

        assert (target.address, target.host, target.port, target.path) == (PUBLIC, "shop.example", 8443, "/hook?a=1")

    def test_writes_a_cyrillic_address_as_http_does(self) -> None:
        target = judge("https://пример.рф/вебхук?имя=Анна%20К", rules=STRICT, resolve=means(PUBLIC))

        assert target.host == "xn--e1afmkfd.xn--p1ai"
        assert target.path.isascii()
        assert unquote(target.path) == "/вебхук?имя=Анна К"

    @pytest.mark.parametrize("host", ["ж" * 64 + ".example", "shop..example", "x" * 64 + ".example"])
    def test_refuses_a_name_that_no_name_server_could_be_asked_for(self, host: str) -> None:
        for check in (judge, check_form):
            with pytest.raises(ForbiddenAddress):
                check(f"https://{host}/", rules=STRICT)

    def test_refuses_a_literal_when_it_is_given(self) -> None:
        check_form("https://shop.example/", rules=STRICT)
        with pytest.raises(ForbiddenAddress):
            check_form("https://10.0.0.1/", rules=STRICT)
