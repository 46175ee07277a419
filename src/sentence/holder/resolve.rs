//! Speakers as written (`he`, `Roe`, `the diplomat`) to the fullest mention in the article.
//!
//! Mentions are read in order. Names with the same last word are one person unless their given names differ; a pronoun is the
//! nearest subject or speaker before it that fits; a definite noun phrase (`the diplomat`) is the nearest one before it with
//! the same noun, be it a name's title, its apposition or an earlier speaker (`a Danish diplomat`).

use super::Span;
use super::lexicon::{self, FEMALE, MALE, NO_PERSON, PERSON, SOURCE, TITLE};
use std::collections::HashMap;

/// How a speaker is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// `he`, `his`
    He,
    /// `she`, `her`
    She,
    /// `they`, `it`, `its`
    They,
    /// `I`, `we`: whoever writes.
    Author,
    /// A name: where it stands.
    Name(Span),
    /// A noun phrase: its head noun, and whether it points back (`the diplomat`).
    Noun { head: Span, definite: bool },
}

/// Something that was mentioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// The whole phrase.
    pub span: Span,
    pub written: Written,
    /// Subject of its frame, or a speaker: pronouns look for those first.
    pub subject: bool,
    /// Nouns that say what it is: its title, its apposition.
    pub roles: Vec<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gender {
    Male,
    Female,
}

#[derive(Debug)]
struct Entity {
    /// The fullest mention.
    full: Span,
    /// Words of the fullest mention.
    words: usize,
    /// Its first word, in lower case, where it has several.
    given: Option<String>,
    gender: Option<Gender>,
    person: bool,
    plural: bool,
    named: bool,
}

/// Who is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meant {
    /// The fullest mention.
    pub full: Span,
    /// Whether that is a name of their own.
    pub named: bool,
}

/// Resolves mentions in order; `None` for the author and where nothing is known.
pub(super) fn resolve(text: &str, mentions: &[Mention]) -> Vec<Option<Meant>> {
    let mut book = Book {
        text,
        entities: Vec::new(),
        names: HashMap::new(),
        roles: HashMap::new(),
        subjects: Vec::new(),
        others: Vec::new(),
    };
    let found: Vec<Option<usize>> = mentions.iter().map(|m| book.add(m)).collect();
    let meant = |e: &Entity| Meant { full: e.full, named: e.named };
    found.iter().map(|e| e.and_then(|e| book.entities.get(e)).map(meant)).collect()
}

struct Book<'a> {
    text: &'a str,
    entities: Vec<Entity>,
    /// Last word of a name to its bearers, the latest last.
    names: HashMap<String, Vec<usize>>,
    /// Noun to the latest that it was said of.
    roles: HashMap<String, usize>,
    /// Subjects and speakers, in order.
    subjects: Vec<usize>,
    others: Vec<usize>,
}

/// How many mentions back a pronoun looks.
const MEMORY: usize = 40;

impl Book<'_> {
    fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    fn noun(&self, span: Span) -> String {
        self.slice(span).to_lowercase()
    }

    fn add(&mut self, mention: &Mention) -> Option<usize> {
        let entity = match &mention.written {
            Written::Author => None,
            Written::He => self.nearest(|e| e.person && !e.plural && e.gender != Some(Gender::Female)),
            Written::She => self.nearest(|e| e.person && !e.plural && e.gender != Some(Gender::Male)),
            Written::They => self.nearest(|e| e.plural || !e.person),
            Written::Name(name) => Some(self.name(*name)),
            Written::Noun { head, definite } => Some(self.phrase(mention.span, *head, *definite)),
        }?;
        for &role in &mention.roles {
            let role = self.noun(role);
            self.roles.insert(role, entity);
        }
        if mention.subject {
            self.subjects.push(entity);
        } else {
            self.others.push(entity);
        }
        Some(entity)
    }

    fn nearest(&self, fits: impl Fn(&Entity) -> bool) -> Option<usize> {
        let look = |list: &[usize]| list.iter().rev().take(MEMORY).copied().find(|&e| self.entities.get(e).is_some_and(&fits));
        look(&self.subjects).or_else(|| look(&self.others))
    }

    fn name(&mut self, name: Span) -> usize {
        let slice = self.slice(name);
        let mut gender = None;
        let mut titled = false;
        let mut parts: Vec<(usize, &str)> = Vec::new();
        for word in slice.split_whitespace() {
            let at = word.as_ptr() as usize - slice.as_ptr() as usize;
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            let entry = lexicon::look_up(word);
            if parts.is_empty() && entry.is(TITLE) {
                titled = true;
                gender = match bare.to_ascii_lowercase().as_str() {
                    "mr" | "sir" | "lord" | "king" | "prince" | "pope" | "congressman" => Some(Gender::Male),
                    "mrs" | "ms" | "lady" | "dame" | "queen" | "princess" | "congresswoman" => Some(Gender::Female),
                    _ => gender,
                };
                continue;
            }
            if !matches!(bare, "Jr" | "Sr" | "II" | "III" | "IV") {
                parts.push((at, bare));
            }
        }
        let start = parts.first().map_or(name.start, |p| name.start + p.0);
        let span = Span { start, end: name.end };
        let last = parts.last().map_or_else(|| slice.to_lowercase(), |p| p.1.to_lowercase());
        let given = if parts.len() > 1 { parts.first().map(|p| p.1.to_lowercase()) } else { None };
        if let Some(first) = parts.first().filter(|_| parts.len() > 1) {
            let entry = lexicon::look_up(first.1);
            gender = gender.or(match (entry.is(MALE), entry.is(FEMALE)) {
                (true, false) => Some(Gender::Male),
                (false, true) => Some(Gender::Female),
                _ => None,
            });
        }
        let known = parts.first().is_some_and(|p| lexicon::look_up(p.1).is(MALE | FEMALE));
        let place = parts.iter().any(|p| lexicon::look_up(p.1).is(NO_PERSON | SOURCE));
        let person = titled
            || known
            || !place && parts.len() <= 4 && !(parts.len() == 1 && last.len() <= 3 && slice.ends_with(char::is_uppercase));
        // `Officials`, `the Foreign Ministry`: a description in capitals.
        let named = parts.iter().any(|p| !lexicon::look_up(p.1).is(PERSON | SOURCE | TITLE | lexicon::OFFICE));
        let words = parts.len();
        let same = |e: &Entity| {
            (e.given.is_none() || given.is_none() || e.given == given)
                && (e.gender.is_none() || gender.is_none() || e.gender == gender)
        };
        let bearers = self.names.get(&last).map(Vec::as_slice).unwrap_or_default();
        if let Some(index) = bearers.iter().rev().take(MEMORY).copied().find(|&e| self.entities.get(e).is_some_and(same)) {
            if let Some(entity) = self.entities.get_mut(index) {
                entity.gender = entity.gender.or(gender);
                entity.person |= titled || known;
                entity.named |= named;
                if words > entity.words {
                    entity.full = span;
                    entity.words = words;
                    entity.given = given;
                }
            }
            return index;
        }
        let index = self.entities.len();
        self.entities.push(Entity { full: span, words, given, gender, person, plural: false, named });
        self.names.entry(last).or_default().push(index);
        index
    }

    fn phrase(&mut self, phrase: Span, head: Span, definite: bool) -> usize {
        let noun = self.noun(head);
        if definite && let Some(&known) = self.roles.get(&noun) {
            return known;
        }
        let entry = lexicon::look_up(&noun);
        let index = self.entities.len();
        let gender = match noun.as_str() {
            "spokesman" | "congressman" | "man" | "father" | "son" | "brother" | "husband" => Some(Gender::Male),
            "spokeswoman" | "congresswoman" | "woman" | "mother" | "daughter" | "sister" | "wife" => Some(Gender::Female),
            _ => None,
        };
        let plural = entry.is(lexicon::PLURAL) || noun.ends_with('s');
        self.entities.push(Entity {
            full: phrase,
            words: 1,
            given: None,
            gender,
            person: entry.is(PERSON),
            plural,
            named: false,
        });
        self.roles.insert(noun, index);
        index
    }
}
