//! Is an address one of this machine's own?

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use tokio::net::TcpSocket;

/// Whether `address` belongs to an interface of this machine.
///
/// The kernel is asked, by binding a socket that is never used: that needs no list of interfaces, which would be
/// stale after the next change of network. Where the kernel binds anything (`ip_nonlocal_bind`), the route decides
/// instead: a packet to one's own address leaves from that address.
pub(super) fn is_own(address: IpAddr) -> bool {
    let nobodys: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 1).into(),
        IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    };
    can_bind(address) && (!can_bind(nobodys) || is_own_source(address))
}

fn can_bind(address: IpAddr) -> bool {
    let socket = match address {
        IpAddr::V4(_) => TcpSocket::new_v4(),
        IpAddr::V6(_) => TcpSocket::new_v6(),
    };
    socket.and_then(|socket| socket.bind(SocketAddr::new(address, 0))).is_ok()
}

/// Connecting a datagram socket only looks up the route.
fn is_own_source(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let source = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((address, 9))?;
        socket.local_addr()
    });
    source.is_ok_and(|source| source.ip() == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_own_addresses_from_others() {
        for own in [IpAddr::V4(Ipv4Addr::LOCALHOST), Ipv4Addr::new(127, 1, 2, 3).into()] {
            assert!(is_own(own), "{own}");
        }
        assert!(is_own_source(Ipv4Addr::LOCALHOST.into()));
        for other in [IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), Ipv4Addr::new(8, 8, 8, 8).into()] {
            assert!(!is_own_source(other), "{other}");
        }
        // Without `ip_nonlocal_bind`, which is the rule, nobody's address cannot be bound.
        assert!(!is_own(Ipv4Addr::new(192, 0, 2, 7).into()));
        assert!(!is_own(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7).into()));
    }
}
