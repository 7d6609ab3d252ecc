mod stories;
mod draws;
mod lots;
