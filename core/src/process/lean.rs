//! Structs whose JSON leaves out what is as it is by default: there are many states, and most of each says nothing.
//!
//! Deliberately absent: any other form. A member that is missing in JSON has its default, so that fields can be added.

/// Declares a struct with serde, of which neither writing nor reading needs what is default.
macro_rules! lean {
    (
        $(#[$meta:meta])*
        $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)+
        }
    ) => {
        $(#[$meta])*
        #[serde(default)]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "crate::process::lean::is_default")]
                pub $field: $type,
            )+
        }
    };
}

pub(super) use lean;

/// Whether a value says nothing.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
