//! Where a file goes: under its name when it is whole, or straight into what is there already and is no file.
//!
//! Deliberately absent: what is written. A name that leads elsewhere is followed; nothing but a regular file is replaced.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// What the name of a file ends in until it is whole.
const PART: &str = ".part";
/// What anybody may do with a new file, before the umask.
const MODE: u32 = 0o666;
/// Most links that lead from one to the next.
const LINKS_MAX: usize = 40;

/// Writes what `fill` gives to a path.
///
/// # Errors
/// Of the path, or of `fill`; then what was there is there still, unless it is a device or a pipe.
pub(super) fn write_to(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let told = || path.display().to_string();
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => bail!("{} is a directory", told()),
        Ok(found) if !found.is_file() => {
            let mut out = BufWriter::new(OpenOptions::new().write(true).open(path).with_context(told)?);
            fill(&mut out)?;
            Ok(out.flush()?)
        }
        Ok(found) => replace(&fs::canonicalize(path).with_context(told)?, Some(found.permissions()), fill),
        Err(why) if why.kind() == ErrorKind::NotFound => replace(&followed(path)?, None, fill),
        Err(why) => Err(why).with_context(told),
    }
}

/// Fills a file beside the target, made under a name that nothing had, and gives it the target's name and the permissions
/// of what it replaces.
fn replace(
    target: &Path,
    permissions: Option<Permissions>,
    fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let told = || target.display().to_string();
    let name = target.file_name().with_context(|| format!("{} names no file", target.display()))?;
    let beside = target.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = tempfile::Builder::new();
    let part = part.prefix(name).suffix(PART).permissions(Permissions::from_mode(MODE));
    let part = part.tempfile_in(beside).with_context(told)?;
    let mut out = BufWriter::new(part);
    fill(&mut out)?;
    let part = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    if let Some(permissions) = permissions {
        part.as_file().set_permissions(permissions)?;
    }
    part.as_file().sync_all()?;
    part.persist(target).map_err(|why| why.error).with_context(told)?;
    Ok(())
}

/// Where a name leads at whose end there is nothing yet.
fn followed(path: &Path) -> anyhow::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::read_link(&path) {
            // A relative link is meant from where it lies.
            Ok(next) => path = path.parent().map_or_else(|| next.clone(), |parent| parent.join(&next)),
            Err(_) => return Ok(path),
        }
    }
    bail!("{} leads from link to link", path.display())
}
