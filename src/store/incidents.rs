//! The incidents of each source, as notes: no journal has them, and what is lost with the sled folder is noticed anew.

use super::{Error, Store, keys};
use crate::model::{Incident, SourceId};

impl Store {
    /// The incidents of a source that are remembered, the newest first.
    pub fn incidents(&self, source: &SourceId) -> Result<Vec<Incident>, Error> {
        Ok(self.note(&name(source))?.unwrap_or_default())
    }

    /// The incidents of every source that has had one; a source may be configured no more.
    pub fn all_incidents(&self) -> Result<Vec<(SourceId, Vec<Incident>)>, Error> {
        let mut all = Vec::new();
        for row in self.engine()?.notes.scan_prefix(keys::INCIDENTS) {
            let (key, value) = row.map_err(|error| self.sled_error(error))?;
            let id = key.get(keys::INCIDENTS.len()..).unwrap_or_default();
            if let Ok(id) = SourceId::new(String::from_utf8_lossy(id)) {
                all.push((id, self.decoded(keys::NOTES, &key, &value)?));
            }
        }
        Ok(all)
    }

    /// Remembers the incidents of a source, in the place of those before.
    pub fn put_incidents(&self, source: &SourceId, incidents: &[Incident]) -> Result<(), Error> {
        self.put_note(&name(source), &incidents)
    }
}

fn name(source: &SourceId) -> String {
    format!("{}{source}", keys::INCIDENTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Health;

    #[test]
    fn incidents_are_kept_for_each_source_and_other_notes_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), "warta.example.id,2026").unwrap();
        let at = "2026-11-24T00:00:00Z".parse().unwrap();
        let incident = Incident {
            since: at,
            kind: Health::Blocked,
            evidence: Some("it answered 403".to_owned()),
            last_good: None,
            changed: at,
            resolved: None,
        };
        let [a, b] = ["a", "b"].map(|id| SourceId::new(id).unwrap());
        store.put_note("incident", &1_u8).unwrap();
        store.put_incidents(&a, &[]).unwrap();
        store.put_incidents(&a, std::slice::from_ref(&incident)).unwrap();
        assert_eq!(store.incidents(&a).unwrap(), std::slice::from_ref(&incident));
        assert_eq!(store.incidents(&b).unwrap(), []);
        assert_eq!(store.all_incidents().unwrap(), [(a, vec![incident])]);
    }
}
