//! The numbers of the format: its first bytes, the fields of its tables, the types of its columns.

/// The first bytes; the last of them is a patch number that readers pass over.
pub(super) const MAGIC: [u8; 8] = *b"fgb\x03fgb\x01";
/// Bytes of a node of the index.
pub(super) const NODE_BYTES: usize = 40;
/// Children of a node, as we write it.
pub(super) const NODE_SIZE: u16 = 16;

/// Fields of the header.
pub(super) const NAME: usize = 0;
pub(super) const ENVELOPE: usize = 1;
pub(super) const GEOMETRY_TYPE: usize = 2;
pub(super) const COLUMNS: usize = 7;
pub(super) const FEATURES_COUNT: usize = 8;
pub(super) const INDEX_NODE_SIZE: usize = 9;
pub(super) const CRS: usize = 10;

/// Fields of a column.
pub(super) const COLUMN_NAME: usize = 0;
pub(super) const COLUMN_TYPE: usize = 1;

/// Fields of a coordinate system.
pub(super) const CRS_ORG: usize = 0;
pub(super) const CRS_CODE: usize = 1;
pub(super) const CRS_NAME: usize = 2;
pub(super) const CRS_WKT: usize = 4;
pub(super) const CRS_CODE_STRING: usize = 5;

/// Fields of a feature.
pub(super) const GEOMETRY: usize = 0;
pub(super) const PROPERTIES: usize = 1;
pub(super) const OWN_COLUMNS: usize = 2;

/// Fields of a geometry.
pub(super) const ENDS: usize = 0;
pub(super) const XY: usize = 1;
pub(super) const Z: usize = 2;
pub(super) const M: usize = 3;
pub(super) const TYPE: usize = 6;
pub(super) const PARTS: usize = 7;

/// Types of geometries.
pub(super) const POINT: u8 = 1;
pub(super) const LINE_STRING: u8 = 2;
pub(super) const POLYGON: u8 = 3;
pub(super) const MULTI_POINT: u8 = 4;
pub(super) const MULTI_LINE_STRING: u8 = 5;
pub(super) const MULTI_POLYGON: u8 = 6;
pub(super) const COLLECTION: u8 = 7;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Byte,
    UByte,
    Bool,
    Short,
    UShort,
    Int,
    UInt,
    Long,
    ULong,
    Float,
    Double,
    Text,
    Json,
    DateTime,
    Binary,
}

impl Kind {
    /// By code.
    const ALL: [Self; 15] = [
        Self::Byte,
        Self::UByte,
        Self::Bool,
        Self::Short,
        Self::UShort,
        Self::Int,
        Self::UInt,
        Self::Long,
        Self::ULong,
        Self::Float,
        Self::Double,
        Self::Text,
        Self::Json,
        Self::DateTime,
        Self::Binary,
    ];

    pub(super) fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}
