use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use tempfile::{Builder, NamedTempFile, TempPath};
use untis_webhook_config::shown;

/// Where a key goes, once it is known that it may.
#[derive(Debug)]
pub(super) struct Place {
    /// Without links, so that two names of one file are the same.
    file: PathBuf,
    folder: PathBuf,
    /// Whether there is a file that is to be replaced.
    taken: bool,
}

/// Who may read a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Readers {
    Owner,
    Everybody,
}

/// What was done, so that it can be undone.
#[derive(Debug)]
pub(super) enum Placed {
    New,
    /// What was there before. It is deleted with this.
    Replaced(TempPath),
}

impl Place {
    pub(super) fn new(option: &str, file: &Path, force: bool) -> Result<Self> {
        let name = shown(file);
        let file_name = file.file_name().filter(|_| file != Path::new("-"));
        let file_name =
            file_name.with_context(|| format!("{option}: expected the name of a file, found {name}"))?;
        let (file, taken) = match fs::symlink_metadata(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let folder =
                    file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
                let folder = folder.canonicalize().with_context(|| {
                    format!("{option}: cannot create {name}: its folder has to be there before it")
                })?;
                (folder.join(file_name), false)
            }
            Err(error) => return Err(error).with_context(|| format!("{option}: cannot create {name}")),
            Ok(_) => {
                let file = file
                    .canonicalize()
                    .with_context(|| format!("{option}: expected a file, found {name}, a link to none"))?;
                let found = what(&fs::metadata(&file)?);
                ensure!(found == "a file", "{option}: expected a file, found {name}, {found}");
                ensure!(
                    force,
                    "{option}: {name} is there already: choose another name, or replace it, and lose it, with --force"
                );
                (file, true)
            }
        };
        let folder = file.parent().context("a file has a folder")?.to_owned();
        Ok(Self { file, folder, taken })
    }

    /// Writes a file beside the place, which is gone again unless it is put there.
    pub(super) fn write(&self, bytes: &[u8], readers: Readers) -> Result<NamedTempFile> {
        let mut builder = Builder::new();
        builder.prefix(".untis-webhook-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(match readers {
            Readers::Owner => 0o600,
            Readers::Everybody => 0o644,
        }));
        #[cfg(not(unix))]
        let _ = readers;
        let written = builder.tempfile_in(&self.folder).and_then(|mut file| {
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            Ok(file)
        });
        written.map_err(|error| self.cannot_create(&error))
    }

    pub(super) fn put(&self, file: NamedTempFile) -> Result<Placed> {
        let placed = match self.taken {
            true => Placed::Replaced(self.set_aside().map_err(|error| self.cannot_create(&error))?),
            false => Placed::New,
        };
        // What has come since it was looked for is not replaced.
        match file.persist_noclobber(&self.file) {
            Ok(_) => Ok(placed),
            Err(error) => {
                if let Placed::Replaced(_) = placed {
                    self.take_back(placed)?;
                }
                Err(self.cannot_create(&error.error))
            }
        }
    }

    pub(super) fn take_back(&self, placed: Placed) -> Result<()> {
        match placed {
            Placed::New => fs::remove_file(&self.file).map_err(|error| self.cannot_create(&error)),
            Placed::Replaced(old) => match old.persist(&self.file) {
                Ok(()) => Ok(()),
                Err(error) => {
                    let kept = error.path.keep()?;
                    bail!("{}; the old key is in {}", self.cannot_create(&error.error), shown(&kept))
                }
            },
        }
    }

    /// Moves the file that is there to another name in its folder.
    fn set_aside(&self) -> io::Result<TempPath> {
        let aside = Builder::new().prefix(".untis-webhook-old-").tempfile_in(&self.folder)?.into_temp_path();
        fs::rename(&self.file, &aside)?;
        Ok(aside)
    }

    fn cannot_create(&self, error: &io::Error) -> anyhow::Error {
        anyhow!("cannot create {}: {error}", shown(&self.file))
    }
}

/// Two places are one if they are the same file.
impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.file == other.file
    }
}

fn what(metadata: &Metadata) -> &'static str {
    match () {
        () if metadata.is_file() => "a file",
        () if metadata.is_dir() => "a folder",
        () => "a device, a pipe or a socket",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops where it is surprised")]

    use tempfile::TempDir;

    use super::*;

    /// A folder with these files, each of which holds its own name.
    fn folder(files: &[&str]) -> TempDir {
        let folder = TempDir::new().unwrap();
        for file in files {
            fs::write(folder.path().join(file), file).unwrap();
        }
        folder
    }

    fn files(folder: &TempDir) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        let mut files: Vec<_> = entries
            .map(|entry| {
                (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    fn named(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    #[test]
    fn what_came_in_between_is_not_replaced() {
        let folder = folder(&[]);
        let file = folder.path().join("key");
        let place = Place::new("--private", &file, false).unwrap();
        let new = place.write(b"new", Readers::Owner).unwrap();
        fs::write(&file, "other").unwrap();
        place.put(new).unwrap_err();
        assert_eq!(files(&folder), [named("key", "other")]);
    }

    #[test]
    fn what_was_done_can_be_undone() {
        for (before, after) in [(&["key"][..], vec![named("key", "key")]), (&[], vec![])] {
            let folder = folder(before);
            let place = Place::new("--private", &folder.path().join("key"), true).unwrap();
            let placed = place.put(place.write(b"new", Readers::Owner).unwrap()).unwrap();
            assert!(files(&folder).contains(&named("key", "new")));
            place.take_back(placed).unwrap();
            assert_eq!(files(&folder), after);
        }
    }

    #[test]
    fn what_was_replaced_is_gone_when_all_is_done() {
        let folder = folder(&["key"]);
        let place = Place::new("--private", &folder.path().join("key"), true).unwrap();
        drop(place.put(place.write(b"new", Readers::Owner).unwrap()).unwrap());
        assert_eq!(files(&folder), [named("key", "new")]);
    }
}
