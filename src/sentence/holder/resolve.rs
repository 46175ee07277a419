//! Speakers as written (`he`, `Roe`, `the diplomat`) to the fullest mention in the article.
//!
//! Mentions are read twice. First those that name or describe: names with the same last word are one person unless their given
//! names differ; a definite noun phrase (`the diplomat`) is the nearest one before it with the same noun, be it a name's title,
//! its apposition or an earlier speaker (`a Danish diplomat`). Then, when it is known who is a person, the pronouns: each is the
//! nearest subject or speaker before it that fits.

use super::Span;
use super::lexicon::{self, FEMALE, MALE, NO_PERSON, PEOPLE, PERSON, SOURCE, TITLE};
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
    /// Says something: a capitalised word that does is a name, even where it begins a sentence.
    pub speaker: bool,
    /// The first word of its frame and no more: its capital tells nothing.
    pub opening: bool,
    /// A place, as far as its preposition tells: `in Oslo`.
    pub place: bool,
    /// Of a pronoun: what its speaker says, where he himself is seldom named.
    pub content: Vec<Span>,
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
    /// Whether anything but the capital of a sentence's first word shows that it is a name.
    shown: bool,
    /// Whether it was called a place, and never by a title, a given name or two names.
    place: bool,
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
    let described: Vec<Option<usize>> = mentions.iter().map(|m| book.describe(m)).collect();
    let found: Vec<Option<usize>> = mentions.iter().zip(described).map(|(m, e)| book.add(m, e)).collect();
    let meant = |e: &Entity| Meant { full: e.full, named: e.named && e.shown };
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
    subjects: Vec<(usize, Span)>,
    others: Vec<(usize, Span)>,
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

    /// Who is named or described; `None` for pronouns.
    fn describe(&mut self, mention: &Mention) -> Option<usize> {
        let index = match &mention.written {
            Written::Name(name) => self.name(*name, mention),
            Written::Noun { head, definite } => self.phrase(mention.span, *head, *definite),
            _ => return None,
        };
        for &role in &mention.roles {
            let role = self.noun(role);
            self.roles.insert(role, index);
        }
        Some(index)
    }

    fn add(&mut self, mention: &Mention, described: Option<usize>) -> Option<usize> {
        let apart = |span: Span| !mention.content.iter().any(|c| c.start <= span.start && span.end <= c.end);
        let person = |e: &Entity| e.person && !e.plural && e.shown && !e.place;
        let index = match &mention.written {
            Written::Author => None,
            Written::He => self.nearest(|e, at| person(e) && e.gender != Some(Gender::Female) && apart(at)),
            Written::She => self.nearest(|e, at| person(e) && e.gender != Some(Gender::Male) && apart(at)),
            Written::They => self.nearest(|e, _| e.plural || !e.person || e.place),
            Written::Name(_) | Written::Noun { .. } => described,
        }?;
        if mention.subject {
            self.subjects.push((index, mention.span));
        } else {
            self.others.push((index, mention.span));
        }
        Some(index)
    }

    fn nearest(&self, fits: impl Fn(&Entity, Span) -> bool) -> Option<usize> {
        let look = |list: &[(usize, Span)]| {
            let fit = |&(e, at): &(usize, Span)| self.entities.get(e).is_some_and(|e| fits(e, at));
            list.iter().rev().take(MEMORY).find(|m| fit(m)).map(|m| m.0)
        };
        look(&self.subjects).or_else(|| look(&self.others))
    }

    fn name(&mut self, name: Span, mention: &Mention) -> usize {
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
        // `Labour` alone is a party or a ministry.
        let place = parts.iter().any(|p| lexicon::look_up(p.1).is(NO_PERSON | SOURCE))
            || parts.len() == 1 && parts.iter().any(|p| lexicon::look_up(p.1).is(lexicon::OFFICE));
        let person = titled
            || known
            || !place && parts.len() <= 4 && !(parts.len() == 1 && last.len() <= 3 && slice.ends_with(char::is_uppercase));
        // `Officials`, `the Foreign Ministry`: a description in capitals.
        let named = parts.iter().any(|p| !lexicon::look_up(p.1).is(PERSON | SOURCE | TITLE | lexicon::OFFICE));
        let words = parts.len();
        let shown = titled || known || words > 1 || !mention.opening || mention.speaker;
        let place = mention.place && !titled && !known && words == 1;
        // `the Danes`, `Americans`: no `he` among them.
        let phrase = self.slice(mention.span);
        let people = lexicon::look_up(slice).is(PEOPLE);
        let nation = people || slice.strip_suffix('s').is_some_and(|one| lexicon::look_up(one).is(NO_PERSON));
        let many = phrase.starts_with("the ") || phrase.starts_with("The ") || nation;
        let plural = words == 1 && !titled && (slice.ends_with('s') && many || people);
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
                entity.shown |= shown;
                entity.place = (entity.place || place) && !titled && !known && words == 1;
                if words > entity.words {
                    entity.full = span;
                    entity.words = words;
                    entity.given = given;
                }
            }
            return index;
        }
        let index = self.entities.len();
        self.entities.push(Entity { full: span, words, given, gender, person, plural, named, shown, place });
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
            shown: true,
            place: false,
        });
        self.roles.insert(noun, index);
        index
    }
}
