use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Folder, Ran};

/// Whoever reads may have seen enough; a disk that is full is a failure.
#[cfg(unix)]
#[test]
fn standard_output_that_cannot_be_written_to_is_no_panic() {
    let folder = Folder::new();
    for args in [&["--config", "d.toml", "check"][..], &["completions", "bash"]] {
        let command = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_untis-webhookd"));
            command.args(args).current_dir(folder.0.path()).env_clear();
            command
        };
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = Ran(command().stdout(writer).output().unwrap());
        assert_eq!((ran.code(), ran.err().as_str()), (0, ""), "{args:?}");
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ran = Ran(command().stdout(full).output().unwrap());
        assert!(ran.code() == 1 && ran.err().starts_with("untis-webhookd: standard output"), "{}", ran.err());
    }
}

#[test]
fn keygen_makes_what_its_owner_alone_can_read_and_replaces_nothing() {
    let folder = Folder::new();
    for (kind, file, len) in [
        ("store-key", "store-key.txt", 45),
        ("token", "api-token.txt", 44),
        ("secret", "notify-secret.txt", 51),
    ] {
        let before = fs::read(folder.path(file)).unwrap();
        assert_eq!(before.len(), len, "{kind}");
        #[cfg(unix)]
        assert_eq!(mode(&folder.path(file)), 0o600);
        let ran = folder.run(&["keygen", kind, file], &[]);
        assert!(ran.code() == 2 && ran.err().contains("expected to make a file that is not there yet"));
        assert_eq!(fs::read(folder.path(file)).unwrap(), before);
    }
}

/// On a disk that takes nothing, as far as a process can be told that it is one.
#[cfg(unix)]
#[test]
fn keygen_leaves_no_part_of_a_file() {
    let folder = Folder::new();
    let script = format!(
        "trap '' XFSZ; ulimit -f 0; exec {} keygen token new.txt",
        env!("CARGO_BIN_EXE_untis-webhookd")
    );
    let ran = Ran(Command::new("sh").args(["-c", &script]).current_dir(folder.0.path()).output().unwrap());
    assert!(ran.code() == 2 && ran.err().contains("File too large"), "{}", ran.err());
    assert!(!folder.path("new.txt").exists());
}

#[test]
fn there_are_completions_for_every_shell_and_help_for_every_command() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(folder.run(&["completions", shell], &[]).out().contains("redrive"), "{shell}");
    }
    assert_eq!(folder.run(&["tenants", "unknown"], &[]).code(), 2);
}

/// `HELP=write cargo test -p untis-webhook-server --test told` writes the file anew.
#[test]
fn the_help_of_every_command_is_the_one_in_the_file() {
    let folder = Folder::new();
    let mut help = String::new();
    let mut todo = vec![vec![]];
    while let Some(command) = todo.pop() {
        let args: Vec<_> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let ran = folder.run(&args, &[("UNTIS_WEBHOOK_CONFIG", "hidden")]);
        assert_eq!((ran.code(), ran.err().as_str()), (0, ""), "{args:?}");
        help += &format!("$ untis-webhookd {}\n{}\n", args.join(" "), ran.out());
        let out = ran.out();
        let commands = out.lines().skip_while(|line| *line != "Commands:").skip(1);
        // What is further in belongs to the line before it.
        let names = commands.take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
        let names =
            names.filter(|line| !line.starts_with([' ', '-'])).filter_map(|line| line.split(' ').next());
        let commands = names.filter(|name| *name != "help");
        let commands = commands.map(|name| command.iter().cloned().chain([name.to_owned()]).collect());
        let mut commands: Vec<Vec<String>> = commands.collect();
        commands.reverse();
        todo.extend(commands);
    }
    assert!(help.contains("untis-webhookd tenants forget --help") && !help.contains("hidden"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help.txt");
    if std::env::var("HELP").is_ok_and(|what| what == "write") {
        fs::write(&file, &help).unwrap();
    }
    assert!(
        fs::read_to_string(&file).unwrap() == help,
        "tests/help.txt is out of date: HELP=write cargo test -p untis-webhook-server --test told"
    );
}

#[cfg(unix)]
fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}
