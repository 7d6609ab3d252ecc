//! What protocol buffers are made of.

/// A field of a varint: number and kind in one.
pub(super) const fn varint_field(number: u8) -> u8 {
    number << 3
}

/// A field of bytes that are counted.
pub(super) const fn bytes_field(number: u8) -> u8 {
    (number << 3) | 2
}

/// A number, seven bits to a byte, the lowest first.
pub(super) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// A field of a number.
pub(super) fn number(out: &mut Vec<u8>, field: u8, number: u64) {
    out.push(varint_field(field));
    varint(out, number);
}

/// A field of bytes.
pub(super) fn bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(bytes_field(field));
    // A length fits into 64 bits.
    varint(out, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    out.extend_from_slice(bytes);
}

/// A number of either sign, small ones short.
pub(super) fn zigzag(number: i32) -> u64 {
    u64::from(((number << 1) ^ (number >> 31)).cast_unsigned())
}

/// The same of 64 bits.
pub(super) fn zigzag_long(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}
