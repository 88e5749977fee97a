//! From an origin to the addresses that may be connected to.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};

use crate::capability::{AddressClass, Origin};

/// How many names are looked up at the same time.
const MAX_LOOKUPS: usize = 16;

/// What [`Resolve::lookup`] gives back: the addresses of a name, sometime.
pub type Lookup<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Looks up the names of web servers that a skill may reach.
///
/// Whatever it answers is classified and decided on: an address that is not public does not become public by coming
/// from here.
pub trait Resolve: Send + Sync {
    /// All addresses of `name`, which is canonical (lower case, no trailing dot) and no address itself. Called within
    /// the context of a tokio runtime; the call's deadline bounds it.
    fn lookup<'a>(&'a self, name: &'a str) -> Lookup<'a>;
}

/// The resolver of the operating system.
///
/// Its look-ups cannot be cancelled, only abandoned. So each has a thread of its own, which neither a call's end nor
/// the end of an async runtime has to wait for, and their number is bounded.
pub(crate) struct SystemResolver {
    permits: Arc<Semaphore>,
}

impl SystemResolver {
    pub(crate) fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }
}

impl Resolve for SystemResolver {
    fn lookup<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        Box::pin(async move {
            let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(io::Error::other)?;
            let (sender, receiver) = oneshot::channel();
            let name = name.to_owned();
            std::thread::Builder::new().name("openskills-dns".to_owned()).spawn(move || {
                let addresses = (name.as_str(), 0)
                    .to_socket_addrs()
                    .map(|addresses| addresses.map(|address| address.ip()).collect::<Vec<_>>());
                drop(permit);
                // The receiver is gone if the call has ended meanwhile.
                let _ = sender.send(addresses);
            })?;
            receiver.await.map_err(io::Error::other)?
        })
    }
}

/// An origin with its addresses, all of them classified. [`super::HttpClient::send`] connects to these and to no
/// others, so whoever has decided about [`Resolved::class`] has decided about the connection.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    origin: Origin,
    addresses: Vec<SocketAddr>,
    class: AddressClass,
}

impl Resolved {
    /// `None` if there is no address.
    pub(super) fn new(
        origin: &Origin,
        addresses: &[IpAddr],
        is_own: impl Fn(IpAddr) -> bool,
    ) -> Option<Self> {
        let mut checked = Vec::with_capacity(addresses.len());
        let mut worst = None;
        for address in addresses {
            let address = address.to_canonical();
            let socket = SocketAddr::new(address, origin.port());
            if checked.contains(&socket) {
                continue;
            }
            checked.push(socket);
            let class = match AddressClass::of(address) {
                AddressClass::Public if is_own(address) => AddressClass::ThisMachine,
                class => class,
            };
            worst = worst.max(Some(class));
        }
        Some(Self { origin: origin.clone(), addresses: checked, class: worst? })
    }

    /// What was resolved.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The addresses in the resolver's order; never empty.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The worst class of all the addresses.
    pub(crate) fn class(&self) -> AddressClass {
        self.class
    }
}
