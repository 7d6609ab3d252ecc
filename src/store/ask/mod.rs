//! What a store is asked, a file for each wing; the older ones stand in the promise itself.

mod answers;
mod drafts;
mod links;
mod public;
