//! The program: reads its arguments and does what they say. Deliberately absent: everything else.

use std::process::ExitCode;

fn main() -> ExitCode {
    everlog::cli::main()
}
