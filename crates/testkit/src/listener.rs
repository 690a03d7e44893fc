//! A loopback port whose connections are served by threads until the value is dropped.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// Accepts until dropped; open connections end when their client or their handler does.
#[derive(Debug)]
pub(crate) struct Listener {
    pub(crate) port: u16,
    address: SocketAddr,
    accepted: Arc<AtomicUsize>,
    ending: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Serves each connection with `serve`, which is told its number, counted from 0.
    pub(crate) fn start(serve: impl Fn(usize, TcpStream) -> io::Result<()> + Send + Sync + 'static) -> Listener {
        Listener::at("127.0.0.1:0", serve)
    }

    /// The same at an address and port of one's choice.
    pub(crate) fn at(
        address: &str,
        serve: impl Fn(usize, TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Listener {
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("the port just bound");
        let (accepted, ending) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, stop, serve) = (accepted.clone(), ending.clone(), Arc::new(serve));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let number = counter.fetch_add(1, Ordering::SeqCst);
                let serve = serve.clone();
                // A client that goes away in the middle is an everyday thing here, hence no word about errors.
                std::thread::spawn(move || stream.set_nodelay(true).and_then(|()| serve(number, stream)));
            }
        });
        Listener { port: address.port(), address, accepted, ending, thread: Some(thread) }
    }

    /// How many connections there were so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        // Only to wake the thread, so that it sees the mark.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
