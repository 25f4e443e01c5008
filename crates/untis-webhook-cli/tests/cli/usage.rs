//! What all commands have in common.

use crate::*;

#[test]
fn keys_come_from_the_environment_as_receivers_take_them() {
    let folder = signed();
    let verify = |keys: &str| {
        let mut command = program(folder.path());
        command
            .env("UNTIS_WEBHOOK_KEYS", keys)
            .args(["verify", "--request", "request.http"])
            .output()
            .unwrap()
    };
    fs::write(folder.path().join("production"), vectors::published_key("production")).unwrap();
    assert_eq!(verify("production=production,development=untis-public.txt").status.code(), Some(0));
    assert_eq!(verify("production=production").status.code(), Some(1));
    // An error names what was read.
    let stderr = String::from_utf8(verify("production").stderr).unwrap();
    assert!(stderr.starts_with("untis-webhook: UNTIS_WEBHOOK_KEYS: expected NAME=FILE"), "{stderr}");
    let mut headers = program(folder.path());
    headers.env("UNTIS_WEBHOOK_SIGNATURE_HEADER", "two words").args(["verify", KEY, "body.json"]);
    let stderr = String::from_utf8(headers.output().unwrap().stderr).unwrap();
    let expected = "untis-webhook: UNTIS_WEBHOOK_SIGNATURE_HEADER: expected the name of a header";
    assert!(stderr.starts_with(expected), "{stderr}");
}

#[test]
fn wrong_usage_and_what_cannot_be_read_is_2_with_the_cause_on_standard_error() {
    let folder = signed();
    fs::copy(vectors::path("keys/wrong/private-pkcs8-pem"), folder.path().join("private")).unwrap();
    let private_as_public = "untis-webhook: --key: private: expected an RSA public key (SubjectPublicKeyInfo), found a private key: take the key that Untis publishes, or untis-public.txt, which untis-webhook keygen makes\n";
    for (args, expected) in [
        (
            &["verify", "--request", "request.http"][..],
            "error: the following required arguments were not provided:\n  --key <NAME=FILE>\n",
        ),
        (
            &["verify", "--key", "nonsense", "--request", "request.http"],
            "untis-webhook: --key: expected NAME=FILE such as production=production.txt, found text without =: put a name before the file\n",
        ),
        (&["verify", "--key", "a=private", "--request", "request.http"], private_as_public),
        (
            &["verify", KEY, "--request", "gone"],
            "untis-webhook: cannot read gone: No such file or directory (os error 2)\n",
        ),
        (&["verify", KEY, "--request", "body.json"], "untis-webhook: body.json: expected an HTTP request"),
        (&["verify", KEY], "untis-webhook: expected a body"),
        (
            &["sign", "--private", "untis-public.txt", "body.json"],
            "untis-webhook: untis-public.txt: expected an RSA private key",
        ),
        (&["sign", "--algorithm", "SHA1withRSA", "body.json"], "error: invalid value 'SHA1withRSA'"),
        (&["keygen", "--bits", "1024"], "error: invalid value '1024'"),
        (&["nonsense"], "error: unrecognized subcommand 'nonsense'"),
    ] {
        let (code, stdout, stderr) = run(&folder, args);
        assert_eq!((code, &*stdout), (2, ""), "{args:?}: {stderr}");
        assert!(stderr.starts_with(expected), "{args:?}: {stderr}");
    }
}

#[test]
fn help_is_no_error_and_every_command_has_an_example() {
    let folder = TempDir::new().unwrap();
    let (code, stdout, _) = run(&folder, &["--help"]);
    assert_eq!(code, 0);
    let commands: Vec<_> = stdout
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .map_while(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert_eq!(commands, ["completions", "inspect", "keygen", "listen", "send", "sign", "verify"]);
    for command in commands {
        let (code, stdout, stderr) = run(&folder, &[command, "--help"]);
        assert_eq!((code, &*stderr), (0, ""));
        assert!(stdout.contains(&format!("Example:\n  untis-webhook {command}")), "{stdout}");
    }
}

#[test]
fn completions_are_printed_for_every_shell() {
    let folder = TempDir::new().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, stdout, _) = run(&folder, &["completions", shell]);
        assert_eq!(code, 0);
        assert!(stdout.contains("untis-webhook") && stdout.contains("keygen"), "{shell}");
    }
}

#[test]
fn standard_input_is_a_file_and_a_broken_pipe_is_no_error() {
    let folder = signed();
    let input = fs::File::open(folder.path().join("request.http")).unwrap();
    let output =
        program(folder.path()).args(["verify", KEY, "--request", "-"]).stdin(input).output().unwrap();
    assert_eq!(output.status.code(), Some(0));

    let mut child = program(folder.path())
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[test]
fn there_is_no_colour_but_on_a_terminal() {
    let folder = signed();
    let (_, stdout, _) = run(&folder, &["verify", KEY, "--request", "request.http"]);
    assert!(!stdout.contains('\u{1b}'), "{stdout}");
    let mut forced = program(folder.path());
    forced.env("CLICOLOR_FORCE", "1").args(["verify", KEY, "--request", "request.http"]);
    assert!(String::from_utf8(forced.output().unwrap().stdout).unwrap().contains("\u{1b}[1m"));
    forced.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
    assert!(!String::from_utf8(forced.output().unwrap().stdout).unwrap().contains('\u{1b}'));
}

/// `HELP=write cargo test -p untis-webhook-cli` writes the file anew.
#[test]
fn the_help_of_every_command_is_the_one_in_the_file() {
    let folder = TempDir::new().unwrap();
    let commands = ["", "completions", "inspect", "keygen", "listen", "send", "sign", "verify"];
    let help = commands.map(|command| {
        let args: Vec<_> = [command, "--help"].into_iter().filter(|arg| !arg.is_empty()).collect();
        format!("$ untis-webhook {}\n{}\n", args.join(" "), run(&folder, &args).1)
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/help.txt");
    if std::env::var("HELP").is_ok_and(|what| what == "write") {
        fs::write(&file, help.concat()).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap();
    assert!(
        found == help.concat(),
        "tests/cli/help.txt is out of date: HELP=write cargo test -p untis-webhook-cli"
    );
}
