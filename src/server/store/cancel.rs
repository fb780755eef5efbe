//! Uploads under way by number, so that one can be given up by order.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

/// Those under way; as many as there are slots.
#[derive(Default)]
pub(super) struct Cancels(Arc<Mutex<HashMap<u64, Arc<AtomicBool>>>>);

/// The place of one of them, left on drop.
pub(super) struct Cancel {
    id: u64,
    cancelled: Arc<AtomicBool>,
    all: Arc<Mutex<HashMap<u64, Arc<AtomicBool>>>>,
}

impl Cancels {
    pub(super) fn begin(&self, id: u64) -> Cancel {
        let cancelled = Arc::new(AtomicBool::new(false));
        self.0.lock().insert(id, cancelled.clone());
        Cancel { id, cancelled, all: self.0.clone() }
    }

    pub(super) fn cancel(&self, id: u64) -> bool {
        self.0.lock().get(&id).is_some_and(|cancelled| !cancelled.swap(true, Ordering::Relaxed))
    }

    pub(super) fn has(&self, id: u64) -> bool {
        self.0.lock().contains_key(&id)
    }
}

impl Cancel {
    pub(super) fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

impl Drop for Cancel {
    fn drop(&mut self) {
        self.all.lock().remove(&self.id);
    }
}
