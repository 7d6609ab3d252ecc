//! The `zonewarden` binary: see `zonewarden --help`.

fn main() -> miette::Result<()> {
    zonewarden::cli::main()
}
