//! The `zonewarden` binary: see `zonewarden --help`.

fn main() -> std::process::ExitCode {
    zonewarden::cli::main()
}
