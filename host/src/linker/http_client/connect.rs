//! From checked addresses to one connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::error::{HttpError, Phase};
use super::proxy::Proxy;
use super::resolver::Resolved;

/// How many addresses of a name are tried.
const MAX_ATTEMPTS: usize = 8;

/// How long an address has for itself before the next is tried beside it.
const HEAD_START: Duration = Duration::from_millis(250);

/// A connection, with or without TLS and proxy.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects to the first of the addresses that accepts. Each gets `patience`; a slow one does not hold up the next
/// for longer than its head start.
pub(super) async fn connect(
    to: &Resolved,
    proxy: Option<&Arc<Proxy>>,
    patience: Duration,
) -> Result<(Box<dyn Stream>, SocketAddr), HttpError> {
    let mut waiting = alternating(to.addresses()).into_iter();
    if let ([address], None) = (to.addresses(), proxy) {
        return attempt(*address, None, patience).await;
    }
    let mut attempts = JoinSet::new();
    let mut failure = HttpError::Timeout(Phase::Connect);
    loop {
        match waiting.next() {
            Some(address) => drop(attempts.spawn(attempt(address, proxy.cloned(), patience))),
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        let head_start = if waiting.len() > 0 { HEAD_START } else { patience.saturating_mul(2) };
        match timeout(head_start, attempts.join_next()).await {
            Ok(Some(Ok(Ok(connected)))) => return Ok(connected),
            Ok(Some(Ok(Err(error)))) => failure = error,
            Ok(_) | Err(_) => {}
        }
    }
}

async fn attempt(
    address: SocketAddr,
    proxy: Option<Arc<Proxy>>,
    patience: Duration,
) -> Result<(Box<dyn Stream>, SocketAddr), HttpError> {
    let connecting = async {
        let stream: Box<dyn Stream> = match proxy {
            Some(proxy) => Box::new(proxy.tunnel(address).await?),
            None => {
                let stream =
                    TcpStream::connect(address).await.map_err(|error| HttpError::of_connect(&error))?;
                // Only a matter of speed.
                let _ = stream.set_nodelay(true);
                Box::new(stream)
            }
        };
        Ok((stream, address))
    };
    timeout(patience, connecting).await.map_err(|_| HttpError::Timeout(Phase::Connect))?
}

/// The first addresses, the families in turn: one family that leads nowhere costs one head start, not one each.
fn alternating(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.iter().partition(|address| address.is_ipv6() == first_is_v6);
    let mut second = second.into_iter();
    let mut order = Vec::with_capacity(addresses.len());
    for address in first {
        order.push(address);
        order.extend(second.next());
    }
    order.extend(second);
    order.truncate(MAX_ATTEMPTS);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_and_the_number_is_bounded() -> Result<(), std::net::AddrParseError> {
        let addresses =
            |list: &[&str]| -> Result<Vec<SocketAddr>, _> { list.iter().map(|a| a.parse()).collect() };
        let order =
            alternating(&addresses(&["[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1", "192.0.2.2:1"])?);
        assert_eq!(order, addresses(&["[2001:db8::1]:1", "192.0.2.1:1", "[2001:db8::2]:1", "192.0.2.2:1"])?);
        assert_eq!(alternating(&addresses(&["192.0.2.1:1"; 20])?).len(), MAX_ATTEMPTS);
        assert!(alternating(&[]).is_empty());
        Ok(())
    }
}
