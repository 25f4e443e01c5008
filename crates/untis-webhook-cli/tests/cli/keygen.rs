//! `keygen`.

use crate::*;

/// The names of what is in the folder.
fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The names, and what is in each file.
fn contents(folder: &TempDir) -> Vec<(String, Option<Vec<u8>>)> {
    let read = |name: String| {
        let bytes = fs::read(folder.path().join(&name)).ok();
        (name, bytes)
    };
    names(folder).into_iter().map(read).collect()
}

#[test]
fn a_key_pair_is_made_once_and_the_private_key_is_its_owners_alone() {
    let folder = TempDir::new().unwrap();
    let (code, stdout, _) = run(&folder, &["keygen"]);
    assert_eq!((code, &*stdout), (0, "private: untis-private.pem\npublic: untis-public.txt\n"));
    let private = folder.path().join("untis-private.pem");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&private).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(&folder), ["untis-private.pem", "untis-public.txt"]);
    }
    let public = fs::read_to_string(folder.path().join("untis-public.txt")).unwrap();
    assert!(public.starts_with("MII") && !public.contains("BEGIN"), "{public}");

    let before = fs::read(&private).unwrap();
    let (code, _, stderr) = run(&folder, &["keygen"]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("untis-webhook: --private: untis-private.pem is there already: "), "{stderr}");
    assert!(stderr.contains("--force"), "{stderr}");
    assert_eq!(fs::read(&private).unwrap(), before);
    assert_eq!(run(&folder, &["keygen", "--force"]).0, 0);
    assert_ne!(fs::read(&private).unwrap(), before);
}

#[test]
fn both_files_are_made_or_neither_and_none_is_lost() {
    let missing = "its folder has to be there before it";
    for (there, private, public, expected) in [
        (&[][..], "same", "same", "expected two files, found one"),
        (&[], "same", "./same", "expected two files, found one"),
        (&[], "folder/../same", "same", "expected two files, found one"),
        (&["same"], "same", "./same", "expected two files, found one"),
        (&["b"], "link-to-b", "b", "expected two files, found one"),
        (&["b"], "a", "b", "b is there already"),
        (&["a"], "a", "b", "a is there already"),
        (&["a", "b"], "a", "b", "a is there already"),
        (&[], "gone/a", "b", missing),
        (&[], "a", "gone/b", missing),
        (&["a", "b"], "a", "gone/b", missing),
        (&[], "a", "folder", "expected a file, found folder, a folder"),
        (&[], "folder", "b", "expected a file, found folder, a folder"),
        (&[], "a", "link-to-b", "expected a file, found link-to-b, a link to none"),
        (&[], "a", "-", "expected the name of a file, found -"),
        (&[], "a", "..", "expected the name of a file, found .."),
        (&[], "a", "/dev/null", "expected a file, found /dev/null, a device"),
        #[cfg(target_os = "linux")]
        (&["a"], "a", "/proc/b", "cannot create /proc/b"),
    ] {
        let needs_force = expected.contains("there already");
        for force in [&[][..], &["--force"]] {
            let folder = TempDir::new().unwrap();
            fs::create_dir(folder.path().join("folder")).unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink("b", folder.path().join("link-to-b")).unwrap();
            for name in there {
                fs::write(folder.path().join(name), format!("the key {name}")).unwrap();
            }
            let before = contents(&folder);
            let args = [&["keygen", "--private", private, "--public", public][..], force].concat();
            let (code, stdout, stderr) = run(&folder, &args);
            if needs_force && !force.is_empty() {
                assert_eq!(code, 0, "{args:?}: {stderr}");
                continue;
            }
            assert_eq!((code, &*stdout), (2, ""), "{args:?}: {stderr}");
            let taken = !there.is_empty() && force.is_empty();
            assert!(
                stderr.contains(expected) || (taken && stderr.contains("there already")),
                "{args:?}: {stderr}"
            );
            assert_eq!(contents(&folder), before, "{args:?}");
        }
    }
}

#[test]
fn two_names_of_one_old_file_become_two_files() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a"), "old").unwrap();
    fs::hard_link(folder.path().join("a"), folder.path().join("b")).unwrap();
    assert_eq!(run(&folder, &["keygen", "--private", "a", "--public", "b", "--force"]).0, 0);
    assert!(fs::read_to_string(folder.path().join("a")).unwrap().contains("PRIVATE KEY"));
    assert!(fs::read_to_string(folder.path().join("b")).unwrap().starts_with("MII"));
}

#[cfg(unix)]
#[test]
fn a_link_is_followed() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("kept-elsewhere"), "old").unwrap();
    std::os::unix::fs::symlink("kept-elsewhere", folder.path().join("untis-private.pem")).unwrap();
    assert_eq!(run(&folder, &["keygen", "--force"]).0, 0);
    assert!(fs::symlink_metadata(folder.path().join("untis-private.pem")).unwrap().is_symlink());
    assert!(fs::read_to_string(folder.path().join("kept-elsewhere")).unwrap().contains("PRIVATE KEY"));
}
