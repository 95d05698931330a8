//! Where a store's bytes are: in which of its files, and of how many rows and bytes each tree is made. What they may be
//! is judged elsewhere.

use std::path::Path;

use super::Outcome;
use super::world::bytes_in;

/// Prints the files and trees of a store that nobody has open.
pub fn print(store: &Path) -> Outcome {
    for part in ["journal", "base", "sled"] {
        let path = store.join(part);
        let bytes = if path.is_dir() {
            bytes_in(&path)?
        } else {
            // A young store has no base.
            path.metadata().map_or(0, |base| base.len())
        };
        println!("{bytes:>12} bytes  {part}");
    }
    let db = sled::open(store.join("sled"))?;
    for name in db.tree_names() {
        let (mut rows, mut keys, mut values) = (0_u64, 0, 0);
        for row in db.open_tree(&name)?.iter() {
            let (key, value) = row?;
            rows += 1;
            keys += key.len();
            values += value.len();
        }
        if rows > 0 {
            let name = String::from_utf8_lossy(&name);
            println!("{rows:>9} rows {keys:>11} of keys {values:>11} of values  {name}");
        }
    }
    Ok(())
}
