//! What kind of place an IP address is: the public internet, or something a skill has to ask for.
//!
//! The tables follow the IANA special-purpose address registries for [IPv4] and [IPv6] and err on the side of
//! "not public": the few globally reachable entries of those registries (anycast services, AS112 sinks) are no web
//! servers, and IPv6 outside `2000::/3` is not global unicast at all. An address that carries an IPv4 address
//! (v4-mapped, NAT64, 6to4, Teredo …) is never better than the address that it carries.
//!
//! A network-specific NAT64 prefix (RFC 6052) looks like any other public address and cannot be told from here.
//!
//! [IPv4]: https://www.iana.org/assignments/iana-ipv4-special-registry
//! [IPv6]: https://www.iana.org/assignments/iana-ipv6-special-registry

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use AddressClass::{LinkLocal, Loopback, Metadata, Other, Private, Public};

/// What kind of place an address is, the harmless first: `max` of several classes is the worst of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressClass {
    /// A host on the public internet.
    Public,
    /// Special in another way: shared, multicast, documentation, translated, tunnelled, reserved.
    Other,
    /// A private network, IPv4 or IPv6 (unique-local, site-local).
    Private,
    /// The local link.
    LinkLocal,
    /// This machine, by a loopback address.
    Loopback,
    /// This machine, by an address of one of its interfaces. [`AddressClass::of`] cannot know it; the one who
    /// resolves the name does.
    ThisMachine,
    /// A cloud's metadata service, which hands out credentials to whoever asks from inside.
    Metadata,
}

impl AddressClass {
    /// The class of `address`.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    /// Whether the address is one of the public internet.
    #[must_use]
    pub fn is_public(self) -> bool {
        self == Public
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        if METADATA_V4.contains(&address) {
            return Metadata;
        }
        SPECIAL_V4
            .iter()
            .find(|(network, length, _)| {
                same_prefix(u128::from(address.to_bits()), u128::from(network.to_bits()), 32, *length)
            })
            .map_or(Public, |(_, _, class)| *class)
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        // The kernel connects a mapped address to the IPv4 address itself, so that is what it is.
        if let Some(mapped) = address.to_ipv4_mapped() {
            return Self::of_v4(mapped);
        }
        if METADATA_V6.contains(&address) {
            return Metadata;
        }
        let class = SPECIAL_V6
            .iter()
            .find(|(network, length, _)| same_prefix(address.to_bits(), network.to_bits(), 128, *length))
            .map_or(Other, |(_, _, class)| *class);
        carried(address).into_iter().flatten().fold(class, |worst, inner| {
            let inner = if inner.is_unspecified() { Other } else { Self::of_v4(inner) };
            worst.max(Other).max(inner)
        })
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Public => "public",
            Other => "reserved",
            Private => "private",
            LinkLocal => "link-local",
            Loopback => "loopback",
            AddressClass::ThisMachine => "this machine's own",
            Metadata => "cloud metadata",
        })
    }
}

/// Whether the first `length` of `bits` bits agree.
fn same_prefix(address: u128, network: u128, bits: u32, length: u32) -> bool {
    (address ^ network).checked_shr(bits - length).unwrap_or(0) == 0
}

/// The IPv4 addresses to which a packet for `address` may be translated or tunnelled.
fn carried(address: Ipv6Addr) -> [Option<Ipv4Addr>; 4] {
    let segments = address.segments();
    let octets = address.octets();
    let pair =
        |high: usize| Ipv4Addr::from_bits((u32::from(segments[high]) << 16) | u32::from(segments[high + 1]));
    match segments {
        // v4-compatible; `::` and `::1` are not.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => [Some(pair(6)), None, None, None],
        // IPv4-translated (SIIT), NAT64.
        [0, 0, 0, 0, 0xffff, 0, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => [Some(pair(6)), None, None, None],
        // Local-use NAT64: RFC 6052 puts the address elsewhere for each length of the prefix.
        [0x64, 0xff9b, 1, ..] => [
            Some(Ipv4Addr::new(octets[6], octets[7], octets[9], octets[10])),
            Some(Ipv4Addr::new(octets[7], octets[9], octets[10], octets[11])),
            Some(Ipv4Addr::new(octets[9], octets[10], octets[11], octets[12])),
            Some(pair(6)),
        ],
        // 6to4.
        [0x2002, ..] => [Some(pair(1)), None, None, None],
        // Teredo: the server, and the client with its bits flipped.
        [0x2001, 0, ..] => [Some(pair(2)), Some(Ipv4Addr::from_bits(!pair(6).to_bits())), None, None],
        // ISATAP, under any prefix.
        [_, _, _, _, 0 | 0x200, 0x5efe, _, _] => [Some(pair(6)), None, None, None],
        _ => [None; 4],
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8) -> Ipv4Addr {
    Ipv4Addr::new(a, b, c, d)
}

const fn v6(a: u16, b: u16, c: u16, d: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)
}

/// Metadata services by IPv4, whatever range they are in.
const METADATA_V4: [Ipv4Addr; 8] = [
    v4(169, 254, 169, 254), // AWS, Azure, Google, Oracle, DigitalOcean, OpenStack …
    v4(169, 254, 170, 2),   // AWS: credentials of ECS tasks
    v4(169, 254, 170, 23),  // AWS: credentials of EKS pods
    v4(169, 254, 0, 23),    // Tencent
    v4(169, 254, 42, 42),   // Scaleway
    v4(100, 100, 100, 200), // Alibaba
    v4(192, 0, 0, 192),     // Oracle Classic
    v4(168, 63, 129, 16),   // Azure's wire server, in a public range
];

/// Metadata services by IPv6.
const METADATA_V6: [Ipv6Addr; 6] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),   // AWS
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),    // AWS: credentials of EKS pods
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),    // Google
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe), // OpenStack
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),     // Scaleway
    Ipv6Addr::new(0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 0x0001), // Linode
];

/// Everything in IPv4 that is not public; the first match counts.
const SPECIAL_V4: &[(Ipv4Addr, u32, AddressClass)] = &[
    (v4(0, 0, 0, 0), 32, Loopback), // connecting to it reaches this machine
    (v4(0, 0, 0, 0), 8, Other),
    (v4(10, 0, 0, 0), 8, Private),
    (v4(100, 64, 0, 0), 10, Other), // carrier-grade NAT
    (v4(127, 0, 0, 0), 8, Loopback),
    (v4(169, 254, 0, 0), 16, LinkLocal),
    (v4(172, 16, 0, 0), 12, Private),
    (v4(192, 0, 0, 0), 24, Other),    // protocol assignments
    (v4(192, 0, 2, 0), 24, Other),    // documentation
    (v4(192, 31, 196, 0), 24, Other), // AS112
    (v4(192, 52, 193, 0), 24, Other), // AMT
    (v4(192, 88, 99, 0), 24, Other),  // 6to4 relays
    (v4(192, 168, 0, 0), 16, Private),
    (v4(192, 175, 48, 0), 24, Other), // AS112
    (v4(198, 18, 0, 0), 15, Other),   // benchmarks
    (v4(198, 51, 100, 0), 24, Other), // documentation
    (v4(203, 0, 113, 0), 24, Other),  // documentation
    (v4(224, 0, 0, 0), 4, Other),     // multicast
    (v4(240, 0, 0, 0), 4, Other),     // reserved, broadcast
];

/// The special parts of IPv6, global unicast last; the first match counts, and what matches nothing is not public
/// either (`::`/96, NAT64, discard-only, SRv6, multicast …).
const SPECIAL_V6: &[(Ipv6Addr, u32, AddressClass)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, Loopback), // connecting to it reaches this machine
    (Ipv6Addr::LOCALHOST, 128, Loopback),
    (v6(0xfc00, 0, 0, 0), 7, Private),
    (v6(0xfe80, 0, 0, 0), 10, LinkLocal),
    (v6(0xfec0, 0, 0, 0), 10, Private),       // site-local
    (v6(0x2001, 0, 0, 0), 23, Other), // protocol assignments: Teredo, benchmarks, AMT, ORCHID, drone ids …
    (v6(0x2001, 0xdb8, 0, 0), 32, Other), // documentation
    (v6(0x2002, 0, 0, 0), 16, Other), // 6to4
    (v6(0x2620, 0x4f, 0x8000, 0), 48, Other), // AS112
    (v6(0x3ffe, 0, 0, 0), 16, Other), // 6bone, given back
    (v6(0x3fff, 0, 0, 0), 20, Other), // documentation
    (v6(0x2000, 0, 0, 0), 3, Public),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    fn classes(table: &[(&str, AddressClass)]) -> Result<(), Box<dyn Error>> {
        for (text, class) in table {
            assert_eq!(AddressClass::of(text.parse()?), *class, "{text}");
        }
        Ok(())
    }

    #[test]
    fn ipv4() -> Result<(), Box<dyn Error>> {
        classes(&[
            ("0.0.0.0", Loopback),
            ("0.0.0.1", Other),
            ("0.255.255.255", Other),
            ("1.0.0.0", Public),
            ("1.1.1.1", Public),
            ("8.8.8.8", Public),
            ("9.255.255.255", Public),
            ("10.0.0.0", Private),
            ("10.255.255.255", Private),
            ("11.0.0.0", Public),
            ("100.63.255.255", Public),
            ("100.64.0.0", Other),
            ("100.100.100.199", Other),
            ("100.127.255.255", Other),
            ("100.128.0.0", Public),
            ("126.255.255.255", Public),
            ("127.0.0.1", Loopback),
            ("127.255.255.255", Loopback),
            ("128.0.0.0", Public),
            ("168.63.129.15", Public),
            ("169.253.255.255", Public),
            ("169.254.0.0", LinkLocal),
            ("169.254.169.253", LinkLocal),
            ("169.254.255.255", LinkLocal),
            ("169.255.0.0", Public),
            ("172.15.255.255", Public),
            ("172.16.0.0", Private),
            ("172.31.255.255", Private),
            ("172.32.0.0", Public),
            ("192.0.0.0", Other),
            ("192.0.0.9", Other),
            ("192.0.0.255", Other),
            ("192.0.1.0", Public),
            ("192.0.2.0", Other),
            ("192.0.3.0", Public),
            ("192.31.195.255", Public),
            ("192.31.196.1", Other),
            ("192.52.193.1", Other),
            ("192.88.98.255", Public),
            ("192.88.99.1", Other),
            ("192.167.255.255", Public),
            ("192.168.0.0", Private),
            ("192.168.255.255", Private),
            ("192.169.0.0", Public),
            ("192.175.48.1", Other),
            ("198.17.255.255", Public),
            ("198.18.0.0", Other),
            ("198.19.255.255", Other),
            ("198.20.0.0", Public),
            ("198.51.100.1", Other),
            ("203.0.113.255", Other),
            ("203.0.114.0", Public),
            ("223.255.255.255", Public),
            ("224.0.0.1", Other),
            ("239.255.255.255", Other),
            ("240.0.0.0", Other),
            ("255.255.255.255", Other),
        ])
    }

    #[test]
    fn ipv6() -> Result<(), Box<dyn Error>> {
        classes(&[
            ("::", Loopback),
            ("::1", Loopback),
            ("::2", Other),
            ("100::", Other),
            ("100::1", Other),
            ("100:0:0:1::1", Other),
            ("1fff:ffff::1", Other),
            ("2000::1", Public),
            ("2001:1::1", Other),
            ("2001:2::1", Other),
            ("2001:3::1", Other),
            ("2001:4:112::1", Other),
            ("2001:10::1", Other),
            ("2001:20::1", Other),
            ("2001:30::1", Other),
            ("2001:1ff:ffff::1", Other),
            ("2001:200::1", Public),
            ("2001:4860:4860::8888", Public),
            ("2001:db7:ffff::1", Public),
            ("2001:db8::1", Other),
            ("2001:db9::1", Public),
            ("2003::1", Public),
            ("2400:cb00::1", Public),
            ("2606:4700:4700::1111", Public),
            ("2620:4f:7fff::1", Public),
            ("2620:4f:8000::1", Other),
            ("2a00:1450::1", Public),
            ("3ffe::1", Other),
            ("3fff::1", Other),
            ("3fff:fff:ffff::1", Other),
            ("3fff:1000::1", Public),
            ("4000::1", Other),
            ("5f00::1", Other),
            ("fbff::1", Other),
            ("fc00::1", Private),
            ("fdff:ffff::1", Private),
            ("fe00::1", Other),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("fec0::1", Private),
            ("feff::1", Private),
            ("ff00::1", Other),
            ("ff02::1", Other),
        ])
    }

    #[test]
    fn an_address_is_no_better_than_the_one_it_carries() -> Result<(), Box<dyn Error>> {
        classes(&[
            // v4-mapped is the IPv4 address.
            ("::ffff:8.8.8.8", Public),
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:10.0.0.1", Private),
            ("::ffff:169.254.1.1", LinkLocal),
            ("::ffff:100.64.0.1", Other),
            // v4-compatible and IPv4-translated.
            ("::8.8.8.8", Other),
            ("::127.0.0.1", Loopback),
            ("::10.0.0.1", Private),
            ("::ffff:0:8.8.8.8", Other),
            ("::ffff:0:192.168.0.1", Private),
            // NAT64.
            ("64:ff9b::8.8.8.8", Other),
            ("64:ff9b::10.0.0.1", Private),
            ("64:ff9b:1::1", Other),
            ("64:ff9b:2::1", Other),
            // 6to4.
            ("2002:808:808::1", Other),
            ("2002:7f00:1::1", Loopback),
            ("2002:c0a8:1::1", Private),
            // Teredo: the server, and the client with flipped bits.
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Other),
            ("2001:0:a00:1::3fff:fdd2", Private),
            ("2001:0:4136:e378:8000:63bf:80ff:fffe", Loopback),
            // ISATAP.
            ("2a00:1450::5efe:8.8.8.8", Other),
            ("2a00:1450::5efe:10.0.0.1", Private),
            ("2a00:1450::200:5efe:10.0.0.1", Private),
        ])
    }

    #[test]
    fn metadata_services() -> Result<(), Box<dyn Error>> {
        for text in [
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "169.254.0.23",
            "169.254.42.42",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fe80::a9fe:a9fe",
            "fd00:42::42",
            "fd00:a9fe:a9fe::1",
            "::ffff:169.254.169.254",
            "::ffff:168.63.129.16",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "64:ff9b::168.63.129.16",
            "64:ff9b:1:a9fe:a9:fe00::",   // prefix of 48 bits
            "64:ff9b:1:a9:fe:a9fe::",     // 56
            "64:ff9b:1:0:a9:fea9:fe00::", // 64
            "64:ff9b:1::169.254.169.254", // 96
            "2002:a9fe:a9fe::1",
            "2001:0:a9fe:a9fe::1",
            "2001:0:4136:e378::5601:5601",
            "fe80::5efe:169.254.169.254",
        ] {
            assert_eq!(AddressClass::of(text.parse()?), Metadata, "{text}");
        }
        Ok(())
    }

    #[test]
    fn the_worst_of_several_is_the_greatest() {
        use AddressClass::ThisMachine;
        let order = [Public, Other, Private, LinkLocal, Loopback, ThisMachine, Metadata];
        assert!(order.is_sorted());
        assert!(order.iter().filter(|class| class.is_public()).eq([&Public]));
    }

    /// Every octet pattern of the private ranges, in every form that carries it, is refused.
    #[test]
    fn no_form_of_a_non_public_address_is_public() {
        for (network, length, _) in SPECIAL_V4 {
            let host_bits = u32::MAX.checked_shr(*length).unwrap_or(0);
            for address in
                [network.to_bits(), network.to_bits() | host_bits, network.to_bits() | (host_bits / 3)]
            {
                let inner = Ipv4Addr::from_bits(address);
                let [a, b, c, d] = inner.octets().map(u16::from);
                let (high, low) = ((a << 8) | b, (c << 8) | d);
                for form in [
                    IpAddr::V4(inner),
                    IpAddr::V6(inner.to_ipv6_mapped()),
                    IpAddr::V6(Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low)),
                    IpAddr::V6(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low)),
                    IpAddr::V6(Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low)),
                    IpAddr::V6(Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1)),
                    IpAddr::V6(Ipv6Addr::new(0x2001, 0, 0x4136, 0xe378, 0, 0, !high, !low)),
                    IpAddr::V6(Ipv6Addr::new(0x2a00, 0, 0, 0, 0, 0x5efe, high, low)),
                ] {
                    assert!(!AddressClass::of(form).is_public(), "{form}");
                }
            }
        }
    }
}
