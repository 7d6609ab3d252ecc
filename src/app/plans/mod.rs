//! What follows a publish: open incidents are handed over, stored reports are routed anew on request.

pub mod between;
pub mod handover;
pub mod reroute;
