//! The integer types, and what JSON can say of them.

/// The largest integer that every reader of JSON takes for what it is: 2^53 − 1.
pub(super) const EXACT: i128 = (1 << 53) - 1;

/// What integers of 64 bits are in JSON, if they are beyond what every reader takes for what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum WideIntegers {
    /// Texts.
    #[default]
    Texts,
    /// Numbers, or texts where they are given: for a reader that keeps all their digits.
    Numbers,
}

/// An integer type of WIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Integer {
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
}

impl Integer {
    /// As WIT writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::S8 => "s8",
            Self::U8 => "u8",
            Self::S16 => "s16",
            Self::U16 => "u16",
            Self::S32 => "s32",
            Self::U32 => "u32",
            Self::S64 => "s64",
            Self::U64 => "u64",
        }
    }

    /// The least and the greatest value.
    pub(super) fn range(self) -> (i128, i128) {
        match self {
            Self::S8 => (i8::MIN.into(), i8::MAX.into()),
            Self::U8 => (0, u8::MAX.into()),
            Self::S16 => (i16::MIN.into(), i16::MAX.into()),
            Self::U16 => (0, u16::MAX.into()),
            Self::S32 => (i32::MIN.into(), i32::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::S64 => (i64::MIN.into(), i64::MAX.into()),
            Self::U64 => (0, u64::MAX.into()),
        }
    }

    /// Whether some of its values are beyond what a JSON number says exactly everywhere.
    pub(super) fn is_wide(self) -> bool {
        matches!(self, Self::S64 | Self::U64)
    }
}
