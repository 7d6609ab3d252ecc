mod stories;
mod lots;
