//! What map clients ask for: features of a collection, as the caller may see them.

pub mod schemas;
pub mod when;
pub mod columns;
pub mod select;
pub mod dockets;
pub mod edit;
pub mod drafts;
pub mod drawing;
