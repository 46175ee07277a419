//! Word lists for finding who says what: function words, verbs and nouns of saying, titles, persons, given names.
//!
//! The lists are in lower case. They are looked up through one hash table, built at first use, that gives a word's classes
//! as a set of flags and, for a form of a verb of saying, the verb and the form.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Classes of a word, as a set of bits.
pub(super) type Flags = u32;

/// `the`, `many`, `her`: may begin a noun phrase.
pub(super) const DET: Flags = 1;
/// `he`, `who`: may be a subject alone.
pub(super) const PRON: Flags = 1 << 1;
/// `him`, `them`: may be an addressee alone.
pub(super) const OBJECT: Flags = 1 << 2;
/// Prepositions.
pub(super) const PREP: Flags = 1 << 3;
/// `and`, `but`, `or`.
pub(super) const CONJ: Flags = 1 << 4;
/// `that`, `because`, `when`: begins a clause.
pub(super) const SUB: Flags = 1 << 5;
/// Forms of be, have, do, and modal verbs.
pub(super) const AUX: Flags = 1 << 6;
/// Forms of be.
pub(super) const BE: Flags = 1 << 7;
/// `not`, `also`, `repeatedly`: may stand between a subject and its verb.
pub(super) const ADV: Flags = 1 << 8;
/// Days, months, `today`, `year`.
pub(super) const TIME: Flags = 1 << 9;
/// `Mr`, `Senator`: stands before a name.
pub(super) const TITLE: Flags = 1 << 10;
/// `official`, `diplomat`: a person or a group by what they are.
pub(super) const PERSON: Flags = 1 << 11;
/// `report`, `poll`, `ministry`: what is not a person but says things.
pub(super) const SOURCE: Flags = 1 << 12;
/// `claim`, `promise`: noun of saying.
pub(super) const SAYING: Flags = 1 << 13;
/// `which`, `who`, `whose`: begins a relative clause.
pub(super) const RELATIVE: Flags = 1 << 14;
/// Given name of men.
pub(super) const MALE: Flags = 1 << 15;
/// Given name of women.
pub(super) const FEMALE: Flags = 1 << 16;
/// `some`, `others`: determiner that may stand alone.
pub(super) const ALONE: Flags = 1 << 17;
/// Verb forms other than of saying that show where a subject ends.
pub(super) const VERB: Flags = 1 << 18;
/// Plural noun that names persons or sources.
pub(super) const PLURAL: Flags = 1 << 19;
/// Names no person: a place, an office, a newspaper.
pub(super) const NO_PERSON: Flags = 1 << 20;

/// What a verb of saying takes, as a set of bits.
pub(super) type Takes = u8;
/// A clause (`that`, `whether`, or none of them) or a quotation: `say`, `warn`.
pub(super) const CLAUSE: Takes = 1;
/// An addressee before the clause: `tell`, `assure`.
pub(super) const HEARER: Takes = 1 << 1;
/// A noun phrase or an infinitive as what is said: `reject`, `promise`.
pub(super) const PHRASE: Takes = 1 << 2;
/// A clause without `that`: `say`, `think`, `hope`.
pub(super) const BARE: Takes = 1 << 3;
/// A quotation, before or behind: `say`, `joke`.
pub(super) const SPEECH: Takes = 1 << 4;

/// An infinitive as what is said: `refuse`, `promise`.
pub(super) const TO: Takes = 1 << 5;

/// Says too seldom that somebody holds something: counts beside quotation marks, or before `that`.
pub(super) const LOOSE: Takes = 1 << 6;

/// Counts beside quotation marks only.
pub(super) const QUOTED: Takes = 1 << 7;

/// A form of a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// `say`
    Base,
    /// `says`
    Third,
    /// `said`
    Past,
    /// `saying`
    Ing,
    /// `written`, where it differs from the past
    Participle,
}

/// A form of a verb of saying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verb {
    /// Index of the verb in order of the lists.
    pub lemma: u16,
    pub form: Form,
    pub takes: Takes,
}

/// What is known about a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub flags: Flags,
    pub verb: Option<Verb>,
}

impl Entry {
    pub(super) fn is(&self, flags: Flags) -> bool {
        self.flags & flags != 0
    }
}

/// `Foreign`, `Supreme`: of an office or a court that other countries have, too.
pub(super) const OFFICE: Flags = 1 << 22;

/// Day of the week or month.
pub(super) const CALENDAR: Flags = 1 << 21;

/// `Danes`, `Saudis`: many, whether `the` stands before it or not.
pub(super) const PEOPLE: Flags = 1 << 23;

/// Longest word of the lists, in bytes.
const LONGEST: usize = 24;

/// Looks a word up, whatever its case.
pub(super) fn look_up(word: &str) -> Entry {
    let mut buffer = [0u8; LONGEST];
    let mut n = 0;
    for c in word.chars() {
        let c = if c == '’' { '\'' } else { c };
        let Some(slot) = buffer.get_mut(n) else { return Entry::default() };
        if !c.is_ascii() {
            return Entry::default();
        }
        *slot = c.to_ascii_lowercase() as u8;
        n += 1;
    }
    let word = std::str::from_utf8(&buffer[..n]).unwrap_or_default();
    TABLE.get(word).copied().unwrap_or_default()
}

/// The lemma of a verb, for looking at what was found.
pub(super) fn lemma(verb: Verb) -> &'static str {
    LEMMAS.get(usize::from(verb.lemma)).copied().unwrap_or_default()
}

static LEMMAS: LazyLock<Vec<&str>> =
    LazyLock::new(|| verb_lists().map(|(_, word)| word.split('/').next().unwrap_or(word)).collect());

static TABLE: LazyLock<HashMap<String, Entry>> = LazyLock::new(table);

fn table() -> HashMap<String, Entry> {
    let mut table: HashMap<String, Entry> = HashMap::new();
    for &(flags, words) in WORDS {
        for word in words.split_whitespace() {
            table.entry(word.to_owned()).or_default().flags |= flags;
        }
    }
    for &(flags, words) in NOUNS {
        for word in words.split_whitespace() {
            table.entry(word.to_owned()).or_default().flags |= flags;
            table.entry(plural(word)).or_default().flags |= flags | PLURAL;
        }
    }
    for (lemma, (takes, word)) in verb_lists().enumerate() {
        for (form, text) in forms(word) {
            let entry = table.entry(text).or_default();
            if entry.verb.is_none() {
                entry.verb = Some(Verb { lemma: lemma as u16, form, takes });
            }
        }
    }
    for word in OTHER_VERBS.split_whitespace() {
        for (_, text) in forms(word) {
            table.entry(text).or_default().flags |= VERB;
        }
    }
    table
}

fn verb_lists() -> impl Iterator<Item = (Takes, &'static str)> {
    VERBS.iter().flat_map(|&(takes, words)| words.split_whitespace().map(move |w| (takes, w)))
}

/// The forms of a verb: `base`, `base/past`, `base/past/participle` or `base/past/participle/ing`.
fn forms(word: &str) -> Vec<(Form, String)> {
    let mut parts = word.split('/');
    let base = parts.next().unwrap_or(word);
    let vowel = |c: char| "aeiou".contains(c);
    let consonant_y = base.strip_suffix('y').filter(|stem| !stem.ends_with(vowel));
    let past = parts.next().map_or_else(
        || match consonant_y {
            Some(stem) => format!("{stem}ied"),
            None if base.ends_with('e') => format!("{base}d"),
            None => format!("{base}ed"),
        },
        str::to_owned,
    );
    let participle = parts.next().unwrap_or(&past).to_owned();
    // A doubled consonant of the past is doubled before -ing too: admitted, admitting.
    let stem = past.strip_suffix("ed").filter(|s| s.len() == base.len() + 1).unwrap_or(base);
    let ing = parts.next().map_or_else(
        || format!("{}ing", stem.strip_suffix('e').filter(|s| !s.ends_with(['e', 'y', 'o'])).unwrap_or(stem)),
        str::to_owned,
    );
    let third = match consonant_y {
        Some(stem) => format!("{stem}ies"),
        None if base.ends_with(['s', 'x', 'z']) || base.ends_with("ch") || base.ends_with("sh") || base.ends_with('o') => {
            format!("{base}es")
        }
        None => format!("{base}s"),
    };
    vec![
        (Form::Past, past),
        (Form::Participle, participle),
        (Form::Base, base.to_owned()),
        (Form::Third, third),
        (Form::Ing, ing),
    ]
}

fn plural(noun: &str) -> String {
    match noun {
        "man" => "men".to_owned(),
        "woman" => "women".to_owned(),
        "person" => "people".to_owned(),
        "analysis" => "analyses".to_owned(),
        _ if noun.ends_with("man") && noun != "german" => format!("{}men", &noun[..noun.len() - 3]),
        _ if noun.ends_with("woman") => format!("{}women", &noun[..noun.len() - 5]),
        _ if noun.ends_with("ch") || noun.ends_with("sh") || noun.ends_with('s') || noun.ends_with('x') => format!("{noun}es"),
        _ => match noun.strip_suffix('y').filter(|s| !s.ends_with(['a', 'e', 'o', 'u'])) {
            Some(stem) => format!("{stem}ies"),
            None => format!("{noun}s"),
        },
    }
}

#[rustfmt::skip]
const WORDS: &[(Flags, &str)] = &[
    (DET, "a an the this these those that my your his its our their her no every each another either neither such what whose any"),
    (DET | ALONE, "each another either neither some many several most few all both others one two three four five six seven eight nine ten dozens hundreds \
        thousands none number majority plurality handful half percent two-thirds three-quarters one-third everyone nobody someone anyone everybody somebody"),
    (PRON, "he she they it we i you who which"),
    (OBJECT, "him her them me us it you himself herself themselves everyone people"),
    (RELATIVE, "who which whose whom where"),
    (PREP, "of in for at from with on to by near inside within outside behind against about over under through across around \
        into onto upon among amongst between beyond during without throughout despite toward towards via amid off out up down \
        alongside regarding concerning including except like unlike besides per"),
    (CONJ, "and or but nor yet & plus"),
    (SUB, "that if whether because when while although though as since after before until unless where how why what than so \
        whereas once whenever wherever whatever lest then"),
    (AUX | BE, "is are was were be been being am isn't aren't wasn't weren't 'm 're ain't"),
    (AUX, "has have had having do does did will would can could shall should may might must won't wouldn't can't cannot couldn't \
        shouldn't mustn't hasn't haven't hadn't don't doesn't didn't 've 'd 'll"),
    (ADV, "not never also later then now again recently previously publicly reportedly simply often still once only just even \
        further always sometimes soon ever already twice instead too else first already yet maybe perhaps rather almost quickly \
        initially originally separately similarly likewise famously flatly bluntly rightly wrongly both all either quietly n't \
        long much further thus hence therefore however nevertheless nonetheless moreover furthermore meanwhile though earlier \
        repeatedly today yesterday specifically apparently allegedly supposedly"),
    (TIME | CALENDAR, "monday tuesday wednesday thursday friday saturday sunday january february march april june july august \
        september october november december jan feb mar apr jun jul aug sept sep oct nov dec jan. feb. mar. apr. jun. jul. aug. \
        sept. sep. oct. nov. dec. a.m. p.m."),
    (TIME, "today yesterday tomorrow tonight week weeks month \
        months year years day days morning afternoon evening night weekend hour hours minute minutes ago earlier spring summer \
        autumn fall winter noon midnight"),
    (TITLE, "mr mr. mrs mrs. ms ms. dr dr. prof prof. sen sen. sens. rep rep. reps. gov gov. gen gen. lt lt. col col. maj maj. capt capt. \
        sgt sgt. adm adm. cmdr cmdr. rev rev. hon hon. sir lord lady dame president senator congressman congresswoman governor \
        mayor general colonel captain major sergeant lieutenant admiral judge justice chancellor minister secretary \
        ambassador professor doctor king queen prince princess pope bishop archbishop cardinal father sister speaker \
        councillor councilman councilwoman detective inspector sheriff commissioner chairman chairwoman chief director \
        deputy representative representatives candidate nominee premier attorney prime vice former ex acting"),
    (PEOPLE, "afghans albanians algerians arabs argentines armenians australians austrians azeris belarusians belgians bosnians brazilians britons \
        brits bulgarians canadians catalans chechens chileans colombians croats cubans cypriots czechs danes egyptians emiratis estonians \
        ethiopians europeans filipinos finns georgians germans ghanaians greeks hungarians icelanders indians indonesians iranians iraqis \
        israelis italians jordanians kenyans koreans kosovars kurds kuwaitis latvians lebanese libyans lithuanians macedonians malaysians \
        mexicans moldovans montenegrins moroccans nigerians norwegians omanis pakistanis palestinians persians peruvians poles qataris \
        romanians russians saudis scots serbs singaporeans slovaks slovenes somalis spaniards sudanese swedes syrians taiwanese tunisians \
        turks ukrainians uzbeks venezuelans vietnamese yemenis zimbabweans"),
    (NO_PERSON, "u.s. us u.k. uk america britain england scotland wales ireland france germany italy spain russia china japan india \
        israel iran iraq syria ukraine arabia canada australia norway sweden denmark finland poland turkey egypt mexico brazil europe africa asia washington london paris berlin moscow beijing brussels congress senate house \
        parliament pentagon kremlin nato eu un u.n. cnn nbc abc cbs bbc reuters ap afp fox news times post guardian journal facebook \
        twitter google university college department ministry agency committee council court party street avenue north south east west \
        new york texas florida california ohio iowa virginia carolina hampshire nevada michigan pennsylvania wisconsin arizona \
        world war act bill the states union american british french german russian chinese european israeli republican democrat \
        republicans democrats democratic christian muslim jewish islamic islam state"),
    (OFFICE, "foreign interior home defence defense finance justice health education energy environment labour labor trade transport \
        agriculture culture treasury budget economy economic security supreme high national federal central public general prime \
        district regional local city cabinet assembly police senior assistant associate state interim the of and for"),
    (MALE, "aaron adam adrian ahmed al alan albert alejandro alex alexander alfred ali allen alvaro amir anders andre andreas andrew andy angelo \
        anthony antonio arnold arthur asif barack barry ben benjamin bernard bernie bill billy bob boris brad bradley brandon brendan brent \
        brett brian bruce bryan carl carlos cesar charles charlie chris christian christopher chuck clarence clint colin corey craig curtis \
        cyrus dale damian dan daniel dave david dean denis dennis derek diego dmitry dominic don donald doug douglas drew duncan dwight \
        ed eddie eduardo edward edwin eli elliott emmanuel enrique eric erik ernest ethan eugene evan felix fernando francis francisco \
        frank franklin fred frederick gabriel gary gavin geoffrey george gerald gerard giovanni glenn gordon graham greg gregory \
        guillermo gunther gustavo guy hans harold harry harvey hassan hector henri henry herbert howard hugh hugo hussein ian ibrahim \
        igor isaac ivan jack jacob jacques jake james jamie jared jason javier jay jean jeb jeff jeffrey jeremy jerome jerry jesse \
        jim jimmy joe joel johan johannes john johnny jon jonathan jorge jose joseph josh joshua juan julian julio justin karl keith \
        ken kenneth kevin khalid klaus kurt kyle lars larry lawrence leo leon leonard lewis liam lindsey lloyd lorenzo louis lucas luis \
        luke mahmoud malcolm manuel marc marcel marco marcus mario mark martin marvin matt matthew matthias maurice max michael miguel \
        mike mikhail mitch mitt mohamed mohammad mohammed morgan muhammad nathan neil newt nicholas nick nicolas nigel nikolai norman \
        oleg oliver omar oscar otto owen pablo patrick paul pedro per pete peter phil philip philippe pierre rafael ralph randy raul ray \
        raymond reince rene ricardo richard rick rob robert roberto rodney rodrigo roger roland ron ronald ross roy rudy rupert russell \
        ryan salman sam samuel santiago scott sean sebastian sergei sergey seth shane simon spencer stanley stephen steve steven stuart \
        sven tariq ted terence terry theodore thomas tim timothy tom tommy tony tyler vernon victor vincent viktor vladimir wade wallace \
        walter warren wayne wesley will william wolfgang yusuf zachary xi"),
    (FEMALE, "abigail ada agnes alexandra alice alicia alison amanda amber amelia amy ana andrea angela anita ann anna anne annette annie \
        ashley audrey barbara beatrice beth betsy betty beverly bonnie brenda brittany camille carla carly carmen carol caroline carolyn \
        catherine cathy cecilia charlotte chelsea cheryl christina christine cindy claire clara claudia colleen condoleezza connie \
        courtney crystal cynthia daisy dana danielle dawn deborah debbie debra denise diana diane dianne donna dora doris dorothy edith \
        eileen elaine eleanor elena elisabeth elise elizabeth ellen emily emma erica erin esther eva evelyn fatima fiona florence \
        frances gabrielle gail georgia gina gloria grace greta gwen hannah harriet heather heidi helen helena hillary hope huma ida \
        ingrid irene iris isabel isabella ivanka jackie jacqueline jane janet janice jean jeanne jenna jennifer jenny jessica jill joan \
        joanna josephine joyce juanita judith judy julia juliana julie karen karin kate katherine kathleen kathryn kathy katie kellyanne \
        kelly kimberly kirsten kristen kristin laura lauren leah leila lena leslie lily linda lisa liz loretta lois lorraine louise lucia \
        lucy lydia lynn madeleine malia margaret maria marie marilyn marina marissa marjorie marlene martha mary maureen megan megyn \
        melania melanie melissa meredith mia michelle mildred miranda molly monica muriel nadia nancy naomi natalie nicola nicole nina \
        nora norma olga olivia pamela patricia patty paula pauline peggy penelope petra phyllis priscilla rachel rebecca regina renee \
        rita roberta robin rosa rose rosemary ruth sabrina sally samantha sandra sara sarah sasha shannon sharon sheila shelly sheryl \
        shirley silvia simone sofia sonia sophia sophie stacy stella stephanie sue susan susanna suzanne sylvia tammy tamara tania tara \
        teresa theresa tiffany tina tracy ursula valerie vanessa vera veronica victoria viola virginia vivian wanda wendy yasmin yvonne zoe"),
    (VERB, "according began begins went goes came comes took takes made makes got gets became becomes ran runs left leaves held holds \
        kept keeps saw sees knew knows brought brings stood stands sat sits lost loses won wins met meets fell falls rose rises grew \
        grows led leads spent spends hit hits cut cuts put puts set sets sent sends built builds fought fights"),
];

/// Nouns, in the singular.
#[rustfmt::skip]
const NOUNS: &[(Flags, &str)] = &[
    (PERSON, "official spokesman spokeswoman spokesperson diplomat minister president adviser advisor aide analyst expert lawmaker \
        politician senator congressman congresswoman governor mayor general officer soldier agent spy commander chief director \
        secretary ambassador envoy leader activist advocate critic supporter opponent ally lawyer attorney prosecutor judge \
        justice professor scholar researcher scientist economist historian author writer journalist reporter editor columnist \
        commentator pundit blogger strategist consultant operative pollster campaigner candidate nominee delegate voter resident \
        neighbor neighbour witness victim survivor man woman person source insider observer participant organizer organiser executive \
        chairman chairwoman chairperson chair founder owner manager worker employee farmer teacher student doctor nurse physician \
        pastor priest bishop preacher driver passenger banker investor trader businessman businesswoman entrepreneur mother father \
        son daughter brother sister wife husband widow friend colleague veteran donor fundraiser member representative republican \
        democrat conservative liberal socialist moderate progressive libertarian independent nationalist populist host anchor \
        moderator actor actress singer star player coach counsel investigator inspector detective sheriff policeman guard pilot \
        captain colonel sergeant lieutenant admiral premier chancellor king queen prince pope negotiator mediator correspondent \
        whistleblower contractor technician engineer designer architect developer specialist biologist physicist psychologist \
        psychiatrist sociologist theologian rabbi imam cleric immigrant refugee migrant protester demonstrator rebel insurgent \
        parent child kid girl boy teenager guy fan caller user reader viewer customer consumer client patient councilman \
        councilwoman councillor alderman commissioner superintendent principal dean administrator coordinator treasurer trustee \
        constable head boss bureaucrat peer mp warden emissary intermediary policymaker attacker suspect detainee prisoner \
        hacker trooper marine sailor firefighter paramedic relative nephew niece cousin uncle aunt grandmother grandfather mom dad landlord tenant \
        shopkeeper narrator announcer foe technologist lady mogul tycoon magnate billionaire millionaire celebrity hopeful bystander onlooker eyewitness lecturer fellow undersecretary counterpart commuter motorist fisherman mayor \
        speaker whip legislator parliamentarian deputy successor predecessor rival challenger incumbent frontrunner front-runner \
        skeptic sceptic detractor defender proponent backer surrogate staffer staff intern assistant clerk hawk dove citizen"),
    (SOURCE, "government ministry department agency office administration white-house committee commission council court party campaign \
        group organization organisation union association federation foundation institute university college company firm bank \
        corporation police army navy military force team panel board parliament congress senate legislature embassy consulate \
        report study survey poll analysis statement letter email e-mail memo document article editorial story post tweet book \
        magazine newspaper paper website site blog journal press-release release complaint lawsuit suit indictment affidavit \
        ruling decision filing transcript testimony speech message ad advertisement video page headline op-ed column note plan \
        proposal bill law resolution platform law-suit data finding figure record research evidence review audit estimate forecast \
        assessment network channel outlet media press public nation country state city watchdog regulator coalition alliance \
        movement majority minority opposition crowd audience camp faction caucus bureau institution church family label sign slogan \
        biography memoir novel essay theory intelligence tank chamber jury tribunal authority side league guild club society service crew squad unit airline hospital charity inquiry"),
    (SAYING, "claim statement argument assertion allegation accusation belief view opinion suggestion warning promise pledge vow \
        threat denial admission acknowledgment acknowledgement announcement declaration contention insistence remark comment \
        prediction hope fear concern worry complaint criticism demand request call proposal notion idea assurance conviction \
        confession revelation conclusion observation suspicion speculation charge boast endorsement refusal decision plan doubt \
        expectation feeling explanation position rhetoric description characterization assessment"),
];

/// Verbs of saying and thinking, with what they take. The irregular ones as `base/past/participle`.
#[rustfmt::skip]
const VERBS: &[(Takes, &str)] = &[
    (CLAUSE | BARE | SPEECH, "say/said claim argue insist admit/admitted acknowledge concede declare announce suggest warn recall assert \
        allege reveal conclude swear/swore/sworn contend confess boast brag/bragged tell/told joke predict note confirm testify"),
    (CLAUSE | SPEECH, "add explain remark observe reply quip/quipped write/wrote/written tweet reiterate complain \
        figure indicate imply caution put/put/put estimate find/found/found show/showed/shown demonstrate hint speculate theorize recommend \
        request urge wonder ask disclose divulge hypothesize posit underline underscore opine muse quote marvel proclaim counter point"),
    (CLAUSE | SPEECH | LOOSE, "state report post respond answer repeat maintain continue signal mention decide determine learn charge \
        protest object stipulate specify certify project forecast/forecast/forecast calculate"),
    (CLAUSE | BARE, "think/thought/thought believe hope fear suspect reckon"),
    (CLAUSE | BARE | LOOSE, "know/knew/known feel/felt/felt assume expect wish worry understand/understood/understood realize \
        realise guess imagine bet/bet/bet/betting dream/dreamed"),
    (CLAUSE | SPEECH | LOOSE | QUOTED, "rule reason"),
    (CLAUSE | BARE | LOOSE | QUOTED, "mean/meant/meant"),
    (CLAUSE | SPEECH | TO, "agree promise vow offer propose demand"),
    (SPEECH, "shout yell scream whisper mutter murmur cry exclaim chant sigh laugh smile gush snap/snapped bark fume rant thunder \
        interject interrupt retort begin/began/begun/beginning blog/blogged text email e-mail read/read/read go/went/gone/going chime \
        sing/sang/sung plead beg/begged chide scold scoff exhort react groan grumble intone lecture deadpan bellow holler tease riff comment elaborate narrate recite recount caption fire shoot/shot/shot"),
    (CLAUSE | HEARER | BARE | SPEECH, "inform remind assure reassure notify advise convince persuade"),
    (PHRASE | SPEECH, "call describe dub/dubbed label brand term dismiss slam/slammed blast criticize criticise denounce condemn deride decry \
        praise characterize characterise portray depict mock ridicule accuse assail blame hail tout laud applaud commend \
        chastise rebuke castigate lambaste bash rip/ripped refer attribute nickname"),
    (PHRASE | CLAUSE | SPEECH, "dispute doubt defend express voice cite outline highlight"),
    (PHRASE | CLAUSE | SPEECH | LOOSE, "question deny lament emphasize emphasise stress challenge discuss address detail attack"),
    (TO | QUOTED, "decline"),
    (TO | CLAUSE | LOOSE | SPEECH, "threaten pledge"),
    (TO | LOOSE, "refuse intend plan/planned seek/sought/sought"),
    (TO | PHRASE | LOOSE, "want prefer/preferred"),
    (PHRASE, "reject rebut/rebutted refute repudiate disavow renounce scorn resent regret/regretted"),
    (PHRASE | LOOSE, "endorse support oppose back favor favour welcome embrace advocate thank accept approve condone envision consider view \
        regard see/saw/seen contradict echo invoke allude reference salute spurn downplay trumpet forswear/forswore/forsworn encourage \
        invite instruct order appeal apologize apologise"),
];

/// Common verbs of other kinds: they show where a subject ends.
const OTHER_VERBS: &str = "give/gave/given speak/spoke/spoken talk appear seem sound look try win/won/won lose/lost/lost make/made/made \
    take/took/taken get/got/got come/came/come become/became/become run/ran/run hold/held/held keep/kept/kept bring/brought/brought stand/stood/stood \
    meet/met/met lead/led/led spend/spent/spent put/put/put set/set/set send/sent/sent build/built/built fight/fought/fought arrive visit \
    work live die kill serve help need use start stop/stopped turn move play pay/paid/paid hear/heard/heard let/let/let follow change \
    happen walk wait talk love hate like receive release join sign pass vote raise remain draw/drew/drawn drive/drove/driven break/broke/broken \
    choose/chose/chosen fall/fell/fallen rise/rose/risen grow/grew/grown throw/threw/thrown show/showed/shown wear/wore/worn teach/taught/taught \
    buy/bought/bought sell/sold/sold catch/caught/caught leave/left/left sit/sat/sat fly/flew/flown eat/ate/eaten launch push pull \
    campaign host attend return include involve issue publish deliver appear laugh nod/nodded shrug/shrugged";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_have_their_forms() {
        for (word, form, lemma_is) in [
            ("said", Form::Past, "say"),
            ("says", Form::Third, "say"),
            ("admitting", Form::Ing, "admit"),
            ("written", Form::Participle, "write"),
            ("Denied", Form::Past, "deny"),
            ("denies", Form::Third, "deny"),
            ("writing", Form::Ing, "write"),
            ("agreeing", Form::Ing, "agree"),
        ] {
            let verb = look_up(word).verb.unwrap_or_else(|| panic!("{word}"));
            assert_eq!((verb.form, lemma(verb)), (form, lemma_is), "{word}");
        }
    }

    #[test]
    fn nouns_have_their_plural() {
        assert!(look_up("spokeswomen").is(PERSON) && look_up("Allies").is(PLURAL) && look_up("analyses").is(SOURCE));
        assert!(!look_up("zebra").is(PERSON));
    }
}
