//! Floor 5: use cases. May I? -> load -> decide -> commit -> tell.

pub mod clock;
