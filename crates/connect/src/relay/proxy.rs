//! Who the client is, as a proxy of the house says it before everything else: HAProxy's PROXY protocol, versions 1 and 2
//! (haproxy.org, doc/proxy-protocol.txt, §2.1 and §2.2).

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};
use tokio::io::{AsyncRead, AsyncReadExt};

const V2: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest header of version 1, its CRLF included.
const V1_MAX: usize = 107;
/// More than addresses and the usual notes in a header of version 2.
const V2_MAX: usize = 2048;

/// Reads the header and nothing after it. `None`: the proxy itself asks, to see whether we live.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<IpAddr>> {
    let mut head = [0; 12];
    stream.read_exact(&mut head[..6]).await?;
    if head.starts_with(b"PROXY ") {
        let mut line = Vec::with_capacity(V1_MAX);
        while !line.ends_with(b"\r\n") {
            if line.len() + 6 >= V1_MAX {
                return Err(wrong());
            }
            line.push(stream.read_u8().await?);
        }
        return one(&line);
    }
    stream.read_exact(&mut head[6..]).await?;
    if head != *V2 {
        return Err(wrong());
    }
    let (kind, family, length) = (stream.read_u8().await?, stream.read_u8().await?, stream.read_u16().await?);
    if usize::from(length) > V2_MAX {
        return Err(wrong());
    }
    let mut rest = vec![0; usize::from(length)];
    stream.read_exact(&mut rest).await?;
    two(kind, family, &rest)
}

/// `TCP4 192.0.2.1 198.51.100.2 4711 25`, without the word before it.
fn one(line: &[u8]) -> io::Result<Option<IpAddr>> {
    let text = std::str::from_utf8(line).map_err(|_| wrong())?;
    let mut words = text.trim_end().split(' ');
    let family = words.next().unwrap_or_default();
    let source = words.next().unwrap_or_default();
    match family {
        "TCP4" => source.parse::<Ipv4Addr>().map(|address| Some(address.into())).map_err(|_| wrong()),
        "TCP6" => source.parse::<Ipv6Addr>().map(|address| Some(address.into())).map_err(|_| wrong()),
        "UNKNOWN" => Ok(None),
        _ => Err(wrong()),
    }
}

fn two(kind: u8, family: u8, rest: &[u8]) -> io::Result<Option<IpAddr>> {
    match (kind, family >> 4) {
        (0x20, _) | (0x21, 0) => Ok(None),
        (0x21, 1) if rest.len() >= 12 => {
            let source: [u8; 4] = rest.get(..4).and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
            Ok(Some(Ipv4Addr::from(source).into()))
        }
        (0x21, 2) if rest.len() >= 36 => {
            let source: [u8; 16] = rest.get(..16).and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
            Ok(Some(Ipv6Addr::from(source).into()))
        }
        _ => Err(wrong()),
    }
}

fn wrong() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "no PROXY header where one is expected")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn of(bytes: &[u8]) -> (io::Result<Option<IpAddr>>, usize) {
        let mut rest = bytes;
        let read = read(&mut rest).await;
        (read, rest.len())
    }

    fn version_two(kind: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = V2.to_vec();
        bytes.extend([kind, family]);
        bytes.extend((rest.len() as u16).to_be_bytes());
        bytes.extend(rest);
        bytes.extend(b"EHLO x\r\n");
        bytes
    }

    #[tokio::test]
    async fn both_versions_name_the_client_and_leave_what_follows() {
        let (found, left) = of(b"PROXY TCP4 192.0.2.1 198.51.100.2 4711 25\r\nEHLO x\r\n").await;
        assert_eq!((found.unwrap(), left), (Some([192, 0, 2, 1].into()), 8));
        let (found, left) = of(b"PROXY TCP6 2001:db8::1 2001:db8::2 4711 25\r\nEHLO x\r\n").await;
        assert_eq!((found.unwrap(), left), (Some("2001:db8::1".parse().unwrap()), 8));
        assert_eq!(of(b"PROXY UNKNOWN\r\nEHLO x\r\n").await.0.unwrap(), None);
        let four = [192, 0, 2, 7, 198, 51, 100, 2, 0x12, 0x34, 0, 25, 3, 0, 1, 0];
        let (found, left) = of(&version_two(0x21, 0x11, &four)).await;
        assert_eq!((found.unwrap(), left), (Some([192, 0, 2, 7].into()), 8));
        let (found, _) = of(&version_two(0x21, 0x21, &[1; 36])).await;
        assert_eq!(found.unwrap(), Some(Ipv6Addr::from([1; 16]).into()));
        assert_eq!(of(&version_two(0x20, 0, &[])).await.0.unwrap(), None);
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        let long = format!("PROXY TCP4 {}\r\n", "1".repeat(200));
        let wrong: [&[u8]; 6] = [
            b"EHLO mail.voorbeeld.nl\r\n",
            b"PROXY TCP4 geen 1 1 1\r\n",
            b"PROXY TCP9 192.0.2.1 192.0.2.2 1 1\r\n",
            long.as_bytes(),
            &version_two(0x21, 0x11, &[1; 5]),
            &version_two(0x31, 0x11, &[1; 12]),
        ];
        for bytes in wrong {
            assert!(of(bytes).await.0.is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }
}
