"""Makes train.jsonl, test.jsonl and dataset.toml from train.txt and test.txt: `python3 make.py`, in this folder.

The two .txt files are not generated. A block is a subject:

    # ID
    claim TEXT        the claim, and then
    again TEXT        the claim in other words
    not TEXT          the claim denied
    opposite TEXT     the claim denied in other words, as a statement of its own
    LABEL TEXT        a sentence with its stance towards the claim, and on the next line
    LABEL! TEXT       a sentence that takes its side outright, in plain words
    = TEXT            the sentence in other words

{f:NAME}, {m:NAME} mark a woman's and a man's name, {c:NAME} a town, {n:NAME} a country. Names, places, quotation marks, case,
datelines and attributions are changed here, with a fixed seed.
"""

import hashlib
import json
import random
import re

# Names and places that are put in; the two splits share none.
NAMES = {
    "test": {
        "f": ["Amara Nwosu", "Yuki Tanabe", "Elena Petkova", "Shauna Whelan", "Maryam Haddad", "Pia Rautio", "Lucia Ferrante",
              "Grace Adjei", "Signe Borg", "Renata Kopecka"],
        "m": ["Kofi Asante", "Hiroshi Endo", "Dimitar Iliev", "Cormac Tighe", "Yusuf Rahman", "Eero Salmi", "Paolo Grassi",
              "Samuel Boateng", "Nils Ahlgren", "Jiri Dvorsky"],
        "c": ["Tarragona", "Rostock", "Hobart", "Trieste", "Halifax", "Gdynia", "Bari", "Varna", "Turku", "Galway"],
        "n": ["Spain", "Denmark", "Canada", "Japan", "Estonia", "Greece", "New Zealand", "Poland"],
    },
    "train": {
        "f": ["Nomsa Dlamini", "Mei Kawai", "Vesna Radic", "Fiona Garrity", "Leila Mansour", "Kaisa Lehto", "Chiara Bellini",
              "Abena Owusu", "Astrid Moen", "Zuzana Hruba"],
        "m": ["Themba Khumalo", "Kenji Mori", "Goran Savic", "Brendan Quirke", "Omar Khalil", "Mikko Harju", "Andrea Rinaldi",
              "Kwame Ofori", "Sverre Lie", "Pavel Mares"],
        "c": ["Ancona", "Stavanger", "Dunedin", "Rijeka", "Wismar", "Plymouth", "Lorient", "Liepaja", "Gijon", "Oulu"],
        "n": ["Norway", "Italy", "Belgium", "Finland"],
    },
}
DATELINES = {
    "test": ["{C}, March 4 - ", "{C}, 17 October: ", "{c}, Sept. 9 — ", "{C} (2 May) — "],
    "train": ["{C}, June 11 - ", "{C}, 28 January: ", "{c}, Nov. 3 — ", "{C} (7 August) — "],
}
ATTRIBUTIONS = {
    "test": [", officials said on Tuesday.", ", a spokesman said.", ", according to a statement on Friday.",
             ", two people familiar with the matter said."],
    "train": [", the authorities said on Monday.", ", a spokeswoman said.", ", according to a report on Thursday.",
              ", three people with knowledge of the matter said."],
}
MARK = re.compile(r"\{([fmcn]):([^}]*)\}")
REPORTED = re.compile(
    r"\"|\?|\b(said|says?|according|told|asked|reported|announced|warned|predicted|expects?|foresee|assured|admitted|concede|found|concluded"
    r"|argued|wrote|promised|demanded|forecast|complained|declared|ruled|believe|show|shows|showed)\b",
    re.IGNORECASE,
)
LABELS = ["favor", "against", "neutral", "unrelated"]
SWAPPED = {"favor": "against", "against": "favor"}


def subjects(split):
    """The blocks of a file, each a dict with its claims by kind and its sentences."""
    found = []
    for number, line in enumerate(open(f"{split}.txt", encoding="utf-8"), 1):
        kind, _, text = line.strip().partition(" ")
        if kind == "#":
            found.append({"id": text, "sentences": []})
        elif kind in ("claim", "again", "not", "opposite"):
            found[-1][kind] = text
        elif kind.rstrip("!") in LABELS:
            side = kind.rstrip("!") in SWAPPED
            stated = {"stated": "outright" if kind.endswith("!") else "implied"} if side else {}
            found[-1]["sentences"].append({"label": kind.rstrip("!"), "text": text, "stated": stated})
        elif kind == "=":
            found[-1]["sentences"][-1]["again"] = text
        elif kind:
            raise SystemExit(f"{split}.txt:{number}: {kind!r}; expected one of the keys that make.py lists")
    return found


def plain(text):
    return MARK.sub(r"\2", text)


def renamed(text, kinds, split, rng):
    """The text with other names, or None where it has none of these kinds. A name that occurs twice stays one."""
    new = {}
    for kind, name in MARK.findall(text):
        if kind in kinds and name not in new:
            new[name] = rng.choice([n for n in NAMES[split][kind] if n not in text and n not in new.values()])
    return plain(MARK.sub(lambda m: new.get(m[2], m[2]), text)) if new else None


def quoted(text, opening, closing):
    """The text with other double quotation marks, or None where it has none."""
    parts = text.split('"')
    if len(parts) < 3 or len(parts) % 2 == 0:
        return None
    return "".join(part + (opening if i % 2 == 0 else closing) for i, part in enumerate(parts[:-1])) + parts[-1]


def rows(split):
    rng = random.Random(f"behaviour {split}")
    all_subjects = subjects(split)
    for subject in all_subjects:
        for number, sentence in enumerate(subject["sentences"], 1):
            marked, label = sentence["text"], sentence["label"]
            text, claim, id = plain(marked), subject["claim"], f"{subject['id']}-{number}"
            other = rng.choice([s for s in all_subjects if s is not subject])["claim"]
            town = rng.choice([town for town in NAMES[split]["c"] if town not in text])
            dateline = rng.choice(DATELINES[split]).format(c=town, C=town.upper())
            attribution = rng.choice(ATTRIBUTIONS[split])
            single = rng.choice(["''", "‘’"])
            changed = {
                "negation": (text, subject["not"], SWAPPED.get(label, label)),
                "opposite": (text, subject["opposite"], SWAPPED.get(label, label)),
                "claim-paraphrase": (text, subject["again"], label),
                "paraphrase": (plain(sentence["again"]), claim, label),
                "names": (renamed(marked, "fm", split, rng), claim, label),
                "places": (renamed(marked, "cn", split, rng), claim, label),
                "curly-quotes": (quoted(text, "“", "”"), claim, label),
                "single-quotes": (quoted(text, *single), claim, label),
                "capitals": (text.upper(), claim, label),
                "lower-case": (text.lower(), claim, label),
                "dateline": (dateline + text, claim, label),
                "attribution": (None if REPORTED.search(text) else text[:-1] + attribution, claim, label),
                "unrelated": (text, other, "unrelated"),
            }
            yield {"id": id, "text": text, "claim": claim, "label": label, "article": subject["id"],
                   **sentence["stated"]}
            for test, (new, new_claim, new_label) in changed.items():
                if new is not None:
                    yield {"id": f"{id}-{test}", "test": test, "from": id, "text": new, "claim": new_claim, "label": new_label,
                           "article": subject["id"], **sentence["stated"]}


manifest = """name = "behaviour"
version = "1"
licence = "CC-BY-4.0"
source = "written for stancekit by a language model; changed by make.py; see README.md"
description = "Sentences with a claim, and each again with one thing changed, to see whether a label changes as it should."
"""
for split in ["train", "test"]:
    made = list(rows(split))
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made).encode()
    with open(f"{split}.jsonl", "wb") as file:
        file.write(data)
    digest = hashlib.sha256(data).hexdigest()
    manifest += f'\n[[files]]\npath = "{split}.jsonl"\nsplit = "{split}"\nsha256 = "{digest}"\nrows = {len(made)}\n'
    print(split, len(made), "rows,", sum("test" in row for row in made), "pairs")
with open("dataset.toml", "w", encoding="utf-8") as file:
    file.write(manifest)
