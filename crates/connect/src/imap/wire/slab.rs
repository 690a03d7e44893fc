//! Memory for message bodies that is used again: asking the system for it anew, page by page, took a twentieth of a
//! first fetch.

use bytes::BytesMut;

/// One piece of memory, from which bodies are cut.
const SLAB: usize = 1 << 20;
/// Larger bodies get memory of their own.
const LARGEST: usize = SLAB / 4;
/// So many pieces are kept; while they are all in use more are made and forgotten.
const KEPT: usize = 8;

/// Pieces of memory, the one in use last.
#[derive(Debug, Default)]
pub(super) struct Slabs(Vec<BytesMut>);

impl Slabs {
    /// An empty buffer that has room for exactly one body of this length.
    pub(super) fn take(&mut self, length: usize) -> BytesMut {
        if length > LARGEST {
            return BytesMut::with_capacity(length);
        }
        if self.0.last().is_none_or(|slab| slab.capacity() < length) {
            self.turn();
        }
        let Some(slab) = self.0.last_mut() else { return BytesMut::with_capacity(length) };
        // What lies beyond the end of an empty buffer goes along with the half that is split off.
        let rest = slab.split_off(length.min(slab.capacity()));
        std::mem::replace(slab, rest)
    }

    /// Goes on with a piece that nobody uses any more, or a new one.
    fn turn(&mut self) {
        let free = self.0.iter_mut().position(|slab| slab.try_reclaim(SLAB));
        let slab = match free {
            Some(at) => self.0.remove(at),
            None => BytesMut::with_capacity(SLAB),
        };
        if self.0.len() >= KEPT {
            self.0.remove(0);
        }
        self.0.push(slab);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_gets_room_for_itself_and_no_other() {
        let mut slabs = Slabs::default();
        let mut first = slabs.take(3);
        let mut second = slabs.take(2);
        first.extend_from_slice(b"abc");
        second.extend_from_slice(b"de");
        assert_eq!((&first[..], &second[..]), (&b"abc"[..], &b"de"[..]));
        assert_eq!((first.capacity(), second.capacity()), (3, 2));
    }

    #[test]
    fn memory_is_used_again_when_its_bodies_are_gone() {
        let mut slabs = Slabs::default();
        let first = slabs.take(LARGEST).as_ptr() as usize;
        for _ in 0..100 {
            drop(slabs.take(LARGEST));
        }
        let met = (0..8).any(|_| slabs.take(LARGEST).as_ptr() as usize == first);
        assert!(met, "the first piece came back");
        assert!(slabs.0.len() <= 2, "{} pieces", slabs.0.len());
    }

    #[test]
    fn a_body_that_lives_on_keeps_its_bytes() {
        let mut slabs = Slabs::default();
        let mut kept = slabs.take(4);
        kept.extend_from_slice(b"stay");
        let kept = kept.freeze();
        for _ in 0..100 {
            slabs.take(LARGEST).extend_from_slice(&[0; LARGEST]);
        }
        assert_eq!(&kept[..], b"stay");
    }
}
