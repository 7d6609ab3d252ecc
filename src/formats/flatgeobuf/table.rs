//! `FlatBuffers` read: tables whose fields lead to others by offsets. No offset is trusted.

/// An offset or a count leads out of the bytes, or a text is no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Damaged;

impl From<Damaged> for String {
    fn from(_: Damaged) -> Self {
        "is damaged: an offset leads out of its bytes, or a text is not UTF-8".to_owned()
    }
}

/// A table.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    vtable: usize,
    /// How many fields it may have.
    slots: usize,
}

impl<'a> Table<'a> {
    /// The table that a buffer begins with an offset to.
    pub(super) fn root(bytes: &'a [u8]) -> Result<Self, Damaged> {
        Self::from_offset(bytes, 0)
    }

    /// The table to which the offset at `slot` leads.
    fn from_offset(bytes: &'a [u8], slot: usize) -> Result<Self, Damaged> {
        let at = target(bytes, slot)?;
        let back = i64::from(i32::from_le_bytes(chunk(bytes, at)?));
        let vtable = i64::try_from(at).map_err(|_| Damaged)? - back;
        let vtable = usize::try_from(vtable).map_err(|_| Damaged)?;
        let size = usize::from(u16::from_le_bytes(chunk(bytes, vtable)?));
        let whole = bytes.get(vtable..).is_some_and(|rest| rest.len() >= size);
        if size < 4 || !whole {
            return Err(Damaged);
        }
        Ok(Self { bytes, at, vtable, slots: (size - 4) / 2 })
    }

    /// Where a field stands; `None` where the table has none.
    fn field(&self, n: usize) -> Result<Option<usize>, Damaged> {
        if n >= self.slots {
            return Ok(None);
        }
        let offset = u16::from_le_bytes(chunk(self.bytes, self.vtable + 4 + 2 * n)?);
        Ok((offset > 0).then(|| self.at + usize::from(offset)))
    }

    fn raw<const N: usize>(&self, n: usize) -> Result<Option<[u8; N]>, Damaged> {
        self.field(n)?.map(|at| chunk(self.bytes, at)).transpose()
    }

    pub(super) fn u8(&self, n: usize) -> Result<Option<u8>, Damaged> {
        Ok(self.raw(n)?.map(u8::from_le_bytes))
    }

    pub(super) fn u16(&self, n: usize) -> Result<Option<u16>, Damaged> {
        Ok(self.raw(n)?.map(u16::from_le_bytes))
    }

    pub(super) fn i32(&self, n: usize) -> Result<Option<i32>, Damaged> {
        Ok(self.raw(n)?.map(i32::from_le_bytes))
    }

    pub(super) fn u64(&self, n: usize) -> Result<Option<u64>, Damaged> {
        Ok(self.raw(n)?.map(u64::from_le_bytes))
    }

    pub(super) fn table(&self, n: usize) -> Result<Option<Table<'a>>, Damaged> {
        self.field(n)?.map(|slot| Self::from_offset(self.bytes, slot)).transpose()
    }

    /// The bytes of a vector's elements, each of so many bytes.
    pub(super) fn vector(&self, n: usize, size: usize) -> Result<Option<&'a [u8]>, Damaged> {
        let Some(slot) = self.field(n)? else { return Ok(None) };
        let at = target(self.bytes, slot)?;
        let count = wide(u32::from_le_bytes(chunk(self.bytes, at)?));
        let length = count.checked_mul(size).ok_or(Damaged)?;
        let elements = self.bytes.get(at..).and_then(|rest| rest.get(4..));
        elements.and_then(|rest| rest.get(..length)).map(Some).ok_or(Damaged)
    }

    pub(super) fn text(&self, n: usize) -> Result<Option<&'a str>, Damaged> {
        let bytes = self.vector(n, 1)?;
        bytes.map(|bytes| std::str::from_utf8(bytes).map_err(|_| Damaged)).transpose()
    }

    /// The tables of a vector.
    pub(super) fn tables(&self, n: usize) -> Result<Tables<'a>, Damaged> {
        let bytes = self.bytes;
        let Some(slot) = self.field(n)? else { return Ok(Tables { bytes, at: 0, left: 0 }) };
        let left = self.vector(n, 4)?.map_or(0, |elements| elements.len() / 4);
        Ok(Tables { bytes, at: target(bytes, slot)? + 4, left })
    }
}

/// Tables one after the other.
pub(super) struct Tables<'a> {
    bytes: &'a [u8],
    at: usize,
    left: usize,
}

impl Tables<'_> {
    /// How many there are left.
    pub(super) fn left(&self) -> usize {
        self.left
    }
}

impl<'a> Iterator for Tables<'a> {
    type Item = Result<Table<'a>, Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let slot = self.at;
        self.at += 4;
        Some(Table::from_offset(self.bytes, slot))
    }
}

fn target(bytes: &[u8], slot: usize) -> Result<usize, Damaged> {
    let offset = wide(u32::from_le_bytes(chunk(bytes, slot)?));
    slot.checked_add(offset).ok_or(Damaged)
}

/// So many bytes from a place on.
pub(super) fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Damaged> {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<N>()).copied().ok_or(Damaged)
}

/// A count or an offset as a number of bytes.
pub(super) fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
