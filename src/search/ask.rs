//! Asking the index: what was typed and the filters as one query of the engine, and what it finds.

use std::ops::Bound;

use tantivy::collector::{Count, TopDocs};
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery,
};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, Searcher, TantivyError, Term};

use super::fold::Stems;
use super::index::{Fields, ID, PLACE};
use super::query::{Clause, Parsed};
use super::steady::Steady;
use super::{Filters, Found, Hit, Origin};
use crate::model::StoryId;

/// No more hits are given at once, and none further down the list.
const MOST_HITS: usize = 500;
const MOST_OFFSET: usize = 10_000;

/// What a place of a word is worth.
const TITLE: f32 = 3.0;
const NAMES: f32 = 2.0;
const TEXT: f32 = 1.0;
/// Less than the word itself: only its stem is there.
const STEM: f32 = 0.5;

/// What a query is made with.
pub struct Asked<'a> {
    /// The index's fields.
    pub fields: &'a Fields,
    /// The stems it was made with.
    pub stems: &'a Stems,
}

impl Asked<'_> {
    /// Everything that is wanted, nothing that is not, of what the filters let through.
    pub fn query(&self, parsed: &Parsed, filters: &Filters) -> BooleanQuery {
        let excluded = |clause| -> Box<dyn Query> { Box::new(Steady(self.clause(clause, Match::Exact))) };
        let mut parts: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, unscored(Box::new(AllQuery)))];
        parts.extend(
            parsed
                .wanted
                .iter()
                .map(|clause| (Occur::Must, self.clause(clause, Match::Stems))),
        );
        parts.extend(parsed.unwanted.iter().map(|clause| (Occur::MustNot, excluded(clause))));
        parts.extend(
            self.filters(filters)
                .into_iter()
                .map(|filter| (Occur::Must, unscored(filter))),
        );
        BooleanQuery::new(parts)
    }

    fn clause(&self, clause: &Clause, how: Match) -> Box<dyn Query> {
        let fields = [
            (self.fields.title, TITLE),
            (self.fields.names, NAMES),
            (self.fields.text, TEXT),
        ];
        let mut places: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for (field, worth) in fields {
            let terms: Vec<Term> = clause.0.iter().map(|word| Term::from_field_text(field, word)).collect();
            let query: Box<dyn Query> = match terms.as_slice() {
                [single] => Box::new(TermQuery::new(single.clone(), IndexRecordOption::WithFreqs)),
                _ => Box::new(PhraseQuery::new(terms)),
            };
            places.push((Occur::Should, Box::new(BoostQuery::new(query, worth))));
        }
        if let ([single], Match::Stems) = (clause.0.as_slice(), how) {
            let term = Term::from_field_text(self.fields.stems, &self.stems.of(single));
            let query = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
            places.push((Occur::Should, Box::new(BoostQuery::new(query, STEM))));
        }
        Box::new(BooleanQuery::new(places))
    }

    fn filters(&self, filters: &Filters) -> Vec<Box<dyn Query>> {
        let fields = self.fields;
        let terms = [
            filters
                .region
                .map(|code| Term::from_field_u64(fields.region, u64::from(code.number()))),
            filters
                .satker
                .as_ref()
                .map(|id| Term::from_field_text(fields.satker, id.as_str())),
            filters.kind.map(|kind| Term::from_field_text(fields.kind, kind.slug())),
            (filters.origin == Origin::Unit).then(|| Term::from_field_u64(fields.of_unit, 1)),
        ];
        let term = |term| -> Box<dyn Query> { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) };
        let mut queries: Vec<Box<dyn Query>> = terms.into_iter().flatten().map(term).collect();
        if filters.since.is_some() || filters.until.is_some() {
            let at = |time: jiff::Timestamp| Term::from_field_i64(fields.published, time.as_millisecond());
            let since = filters
                .since
                .map_or(Bound::Unbounded, |since| Bound::Included(at(since)));
            let until = filters
                .until
                .map_or(Bound::Unbounded, |until| Bound::Excluded(at(until)));
            queries.push(Box::new(RangeQuery::new(since, until)));
        }
        queries
    }
}

/// Whether words with the same stem count.
#[derive(Clone, Copy, PartialEq)]
enum Match {
    Exact,
    Stems,
}

/// The hits of a query, from `offset` on: by time, else by how well they fit.
pub fn found(
    searcher: &Searcher,
    query: &dyn Query,
    by_time: bool,
    limit: usize,
    offset: usize,
) -> Result<Found, TantivyError> {
    if limit == 0 || offset > MOST_OFFSET {
        let total = searcher.search(query, &Count)?;
        return Ok(Found {
            total,
            hits: Vec::new(),
        });
    }
    let top = TopDocs::with_limit(limit.min(MOST_HITS)).and_offset(offset);
    let (total, places): (usize, Vec<(f32, DocAddress)>) = if by_time {
        let newest = top.order_by_fast_field::<u64>(PLACE, tantivy::Order::Desc);
        let (total, places) = searcher.search(query, &(Count, newest))?;
        (total, places.into_iter().map(|(_, place)| (0.0, place)).collect())
    } else {
        searcher.search(query, &(Count, top.order_by_score()))?
    };
    let mut hits = Vec::with_capacity(places.len());
    for (score, place) in places {
        let ids = searcher.segment_reader(place.segment_ord).fast_fields().u64(ID)?;
        hits.extend(ids.first(place.doc_id).map(|id| Hit {
            story: StoryId(id),
            score,
        }));
    }
    Ok(Found { total, hits })
}

fn unscored(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}
