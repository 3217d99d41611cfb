//! Live changes as server-sent events: `GET /events`.
//!
//! One task of the process reads the event order ([`feed`]) and all streams share what it reads; a stream keeps what its
//! caller may hear of ([`stream`]). An `id:` is a position in the order: whoever comes back with it misses nothing and
//! may hear something twice. `position` events carry a position alone, `resync` says that the client has to fetch anew
//! what it shows.

mod feed;
mod places;
mod stream;

use std::time::Duration;

use axum::response::sse::Sse;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use shepherd_app::events::Standing;
use shepherd_app::{Cx, Error};
use shepherd_domain::reason::Reason;

use crate::Server;
use feed::Feed;
use places::Places;
use stream::Stream;

/// All streams of this process, and what feeds them.
#[derive(Default)]
pub struct Events {
    feed: Feed,
    places: Places,
}

impl Events {
    /// Ends every stream; clients come back to another replica, or to this one when it is up again.
    pub fn close(&self) {
        self.feed.close();
    }
}

impl Server {
    /// A stream for this caller, from where they left off or from now.
    pub(crate) async fn open_stream(&self, cx: Cx, last: Option<&str>) -> Result<Response, Error> {
        let place = self.events.places.take(cx.actor.id).ok_or_else(too_many)?;
        // Subscribed before anything is read, so that nothing falls between the two.
        let heard = self.events.feed.subscribe(&self.app.db);
        let Standing::Changed { epoch, sight } = self.app.standing(&cx, None).await? else {
            return Err(Error::Unauthenticated(Reason::new(
                "SESSION_EXPIRED",
                "Your session has ended; sign in again.",
            )));
        };
        let stream = Stream::open(self.app.clone(), cx, (epoch, sight), heard, place, last).await?;
        let mut response = Sse::new(stream.into_frames()).into_response();
        // Some proxies would hold events back until their buffer is full.
        response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
        Ok(response)
    }
}

fn too_many() -> Error {
    let text = "You have too many event streams open; close some of the pages or programs that listen.";
    Error::Throttled { reason: Reason::new("TOO_MANY_STREAMS", text), retry_after: Duration::from_secs(30) }
}
