//! `warta export`: the whole site as static files for any web server or CDN.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::UnixListener;
use tokio::sync::oneshot;

use super::{Error, Setup, ask, runtime};
use crate::export::{Compressed, Done, Export};
use crate::serve;
use crate::serve::queries::Query;

/// Options of `warta export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder, which is made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Put a gzip and a brotli copy beside each file
    #[arg(long)]
    compress: bool,
}

/// Brings a folder up to date with the site, as the daemon serves it or would serve it.
pub fn run(setup: &Setup, args: &Args) -> Result<(), Error> {
    let compressed = if args.compress {
        Compressed::Beside
    } else {
        Compressed::No
    };
    let socket = &setup.config.server.control_socket;
    let done = runtime()?.block_on(async {
        if ask::is_running(socket) {
            return write(setup, socket, &args.folder, compressed).await;
        }
        let own = OwnServer::start(setup)?;
        let done = write(setup, &own.socket, &args.folder, compressed).await;
        own.stop().await;
        done
    })?;
    eprintln!(
        "{}: {} files written, {} unchanged, {} removed",
        args.folder.display(),
        done.written,
        done.unchanged,
        done.removed
    );
    Ok(())
}

async fn write(setup: &Setup, socket: &Path, folder: &Path, compressed: Compressed) -> Result<Done, Error> {
    let cannot = |error: std::io::Error| {
        let folder = folder.display();
        Error::Failed(format!("cannot export to {folder}: {error}"))
    };
    let mut export = Export::begin(folder, compressed).map_err(cannot)?;
    let base = setup.config.site.base_url.path();
    for path in ask::rows_at(socket, &Query::Addresses).await? {
        let path = path.as_str().unwrap_or_default();
        // A story may be withdrawn or merged while the export runs.
        if let Some(bytes) = ask::page_at(socket, &format!("{base}{path}")).await? {
            export.put(path, &bytes).map_err(cannot)?;
        }
    }
    export.finish().map_err(cannot)
}

/// The site, served on a socket of our own while no daemon runs: an export is what readers would get, byte for byte.
struct OwnServer {
    socket: PathBuf,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl OwnServer {
    fn start(setup: &Setup) -> Result<OwnServer, Error> {
        let shared = Arc::new(setup.shared()?);
        let socket = setup.config.store.path.join("export.sock");
        let listener: UnixListener = serve::control::bind(&socket)
            .map_err(|error| Error::Failed(format!("cannot use {}: {error}", socket.display())))?;
        let (stop, stopped) = oneshot::channel();
        let until = async {
            // An error says that the sender has gone, which is a stop as well.
            let _ = stopped.await;
        };
        let routes = serve::control::reading(shared);
        let served = tokio::spawn(serve::control::serve(listener, routes, until));
        Ok(OwnServer { socket, stop, served })
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.served.await;
        let _ = std::fs::remove_file(&self.socket);
    }
}
