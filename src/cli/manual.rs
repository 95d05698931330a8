//! `warta man` and `warta completions`: made from the definition of the commands, so that they never say something else.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Cli, Error};

/// What clap does not know: behind the options of the main page.
const MORE: &str = r#".SH FILES
.TP
\fI/etc/warta/warta.toml\fR, \fIconfig/warta.toml\fR
The configuration: the first that exists, unless \fB\-\-config\fR or WARTA_CONFIG names another. Every setting is
explained in it; WARTA_SECTION__KEY in the environment overrides one.
.TP
\fI/etc/warta/sources/lokal.toml\fR
The operator's own sources, which \fBwarta add\fR and \fBwarta import\fR write.
.TP
\fI/var/lib/warta\fR
The store.
.TP
\fI/run/warta/control.sock\fR
The socket by which commands ask a running daemon.
.SH "EXIT STATUS"
.TP
0
Done.
.TP
1
Something that was asked for failed.
.TP
2
Wrong usage or a faulty configuration.
.TP
3
The store cannot be used: in use, damaged or full.
"#;

/// Options of `warta man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// Write the pages of every command into this folder, instead of the main one to stdout
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Options of `warta completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Writes the man page, or those of every command.
pub fn man(args: &ManArgs) -> Result<(), Error> {
    let command = commands();
    let Some(folder) = &args.dir else {
        return Ok(std::io::stdout().write_all(&page(&command)?)?);
    };
    let write = |name: &str, page: Vec<u8>| {
        let path = folder.join(format!("{name}.1"));
        std::fs::write(&path, page).map_err(|error| failed(&path, &error))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    write("warta", page(&command)?)?;
    for command in command.get_subcommands().filter(|command| !command.is_hide_set()) {
        // The page of a part has its own name, as in git-log(1); building the commands gave it.
        let name = command.get_display_name().unwrap_or_else(|| command.get_name());
        write(name, page(command)?)?;
    }
    Ok(())
}

/// Writes what a shell completes the commands with.
pub fn completions(args: &CompletionsArgs) -> Result<(), Error> {
    // In memory first: clap panics where the reader of stdout has gone.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut commands(), "warta", &mut text);
    Ok(std::io::stdout().write_all(&text)?)
}

/// The commands as they are shown, without the `help` that clap adds to each.
fn commands() -> Command {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    command
}

fn page(command: &Command) -> Result<Vec<u8>, Error> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render(&mut page)?;
    if command.get_name() == "warta" {
        page.extend_from_slice(MORE.as_bytes());
    }
    Ok(page)
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::Failed(format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_command_and_the_exit_codes() {
        let command = commands();
        let page = String::from_utf8(page(&command).unwrap()).unwrap();
        for command in command.get_subcommands() {
            let name = format!("warta\\-{}(1)", command.get_name());
            assert!(page.contains(&name), "{name} is missing:\n{page}");
        }
        assert!(
            page.contains(".SH \"EXIT STATUS\"") && page.contains("Write a region"),
            "{page}"
        );
    }

    #[test]
    fn every_shell_completes_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut commands(), "warta", &mut text);
            let text = String::from_utf8(text).unwrap();
            for command in commands().get_subcommands() {
                assert!(text.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
        }
    }
}
