//! Memory of one guest, over all its linear memories and tables.

use wasmtime::ResourceLimiter;

use crate::capability::{LimitKind, Limits};

/// What one element of a table costs.
const TABLE_ELEMENT: usize = size_of::<usize>();

/// Counts what a guest holds and refuses what is beyond the limit.
#[derive(Debug)]
pub(crate) struct MemoryMeter {
    limit: usize,
    table_elements: usize,
    instances: usize,
    memories: usize,
    tables: usize,
    bytes: usize,
    elements: usize,
    peak: usize,
    /// The limit that a request met, if one did.
    exceeded: Option<LimitKind>,
}

impl MemoryMeter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.memory,
            table_elements: limits.table_elements,
            instances: limits.instances,
            memories: limits.memories,
            tables: limits.tables,
            bytes: 0,
            elements: 0,
            peak: 0,
            exceeded: None,
        }
    }

    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    /// What it holds now.
    pub(super) fn held(&self) -> usize {
        self.bytes
    }

    /// What it, or a program beside it, can still get.
    pub(super) fn left(&self) -> usize {
        self.limit.saturating_sub(self.bytes)
    }

    /// Notes what it held together with a program beside it.
    pub(super) fn met(&mut self, bytes: usize) {
        self.peak = self.peak.max(bytes);
    }

    pub(crate) fn exceeded(&self) -> Option<LimitKind> {
        self.exceeded
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let total = self.bytes.saturating_add(desired.saturating_sub(current));
        if total > self.limit {
            self.exceeded = Some(LimitKind::Memory);
            return false;
        }
        self.bytes = total;
        self.peak = self.peak.max(total);
        true
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(current, desired))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let elements = self.elements.saturating_add(desired.saturating_sub(current));
        if elements > self.table_elements {
            self.exceeded = Some(LimitKind::TableElements);
            return Ok(false);
        }
        self.elements = elements;
        Ok(self.grow(current.saturating_mul(TABLE_ELEMENT), desired.saturating_mul(TABLE_ELEMENT)))
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_one_for_all_memories_together() {
        let mut meter = MemoryMeter::new(&Limits { memory: 100, ..Limits::default() });
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(meter.memory_growing(0, 40, None).unwrap());
        assert!(!meter.memory_growing(60, 61, None).unwrap());
        assert_eq!((meter.peak(), meter.exceeded()), (100, Some(LimitKind::Memory)));
    }

    #[test]
    fn tables_count_as_memory_and_by_themselves() {
        let mut meter = MemoryMeter::new(&Limits { memory: 80, table_elements: 20, ..Limits::default() });
        assert!(meter.table_growing(0, 10, None).unwrap());
        assert!(!meter.table_growing(10, 11, None).unwrap());
        assert!(!meter.table_growing(10, 21, None).unwrap());
        assert_eq!(meter.exceeded(), Some(LimitKind::TableElements));
    }
}
