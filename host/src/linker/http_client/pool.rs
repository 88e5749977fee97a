//! Connections that wait for their next request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use hyper::client::conn::http1::SendRequest;
use tokio::time::{Instant, sleep, timeout};

use super::request::Outgoing;
use super::resolver::Resolved;
use super::response::Driver;
use crate::capability::{AddressClass, Origin};
use crate::linker::gate::Identity;

/// How long a connection waits.
const IDLE: Duration = Duration::from_secs(15);

/// Connections that wait, of all skills together; the oldest go first.
const MAX_IDLE: usize = 32;

/// Time for a connection to be ready again after its last response. It is within the machine.
const SETTLING: Duration = Duration::from_millis(50);

/// For whom and where to a connection was made. It serves nobody and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    skill: Arc<Identity>,
    origin: Origin,
    address: SocketAddr,
    class: AddressClass,
}

/// A connection, and the task that moves its bytes.
pub(super) struct Connection {
    pub(super) sender: SendRequest<Outgoing>,
    pub(super) route: Route,
    pub(super) _driver: Driver,
}

/// The idle connections of one client.
#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<(Instant, Connection)>,
    is_watched: bool,
}

impl Route {
    pub(super) fn new(skill: &Arc<Identity>, to: &Resolved, address: SocketAddr) -> Self {
        Self { skill: Arc::clone(skill), origin: to.origin().clone(), address, class: to.class() }
    }

    /// Whether a connection of this route may serve a request of that skill to what was resolved and checked now.
    fn serves(&self, skill: &Identity, to: &Resolved) -> bool {
        *self.skill == *skill
            && self.origin == *to.origin()
            && self.class == to.class()
            && to.addresses().contains(&self.address)
    }
}

impl Pool {
    /// A connection that is ready for a request, if there is one.
    pub(super) async fn take(&self, skill: &Identity, to: &Resolved) -> Option<Connection> {
        loop {
            let mut connection = self.pick(skill, to)?;
            // A server that has closed it, or said something that nobody asked for, has ended it.
            if let Ok(Ok(())) = timeout(SETTLING, connection.sender.ready()).await {
                return Some(connection);
            }
        }
    }

    fn pick(&self, skill: &Identity, to: &Resolved) -> Option<Connection> {
        let mut idle = self.lock();
        idle.expire();
        let place =
            idle.connections.iter().rposition(|(_, connection)| connection.route.serves(skill, to))?;
        Some(idle.connections.remove(place).1)
    }

    /// Keeps a connection whose last response has been read to its end.
    pub(super) fn put(self: &Arc<Self>, connection: Connection) {
        if connection.sender.is_closed() {
            return;
        }
        let mut idle = self.lock();
        idle.expire();
        if idle.connections.len() >= MAX_IDLE {
            idle.connections.remove(0);
        }
        idle.connections.push((Instant::now(), connection));
        if !idle.is_watched {
            idle.is_watched = true;
            tokio::spawn(watch(Arc::downgrade(self)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().connections.len()
    }
}

impl Idle {
    fn expire(&mut self) {
        self.connections
            .retain(|(since, connection)| since.elapsed() < IDLE && !connection.sender.is_closed());
    }
}

/// Closes connections whose time is over, for as long as there are any.
async fn watch(pool: Weak<Pool>) {
    loop {
        sleep(IDLE / 2).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut idle = pool.lock();
        idle.expire();
        if idle.connections.is_empty() {
            idle.is_watched = false;
            return;
        }
    }
}
