"""What a program that we start needs: a port."""

from loket.embedded.child import free_port, is_free

LENT = 32_768  # from here on a Linux lends ports to its clients


def test_a_free_port_is_given_once_and_is_none_that_a_client_could_be_lent() -> None:
    ports = [free_port() for _ in range(500)]

    assert len(set(ports)) == 500
    assert all(1_024 <= port < LENT for port in ports)
    assert all(map(is_free, ports))
