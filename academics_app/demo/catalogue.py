"""What the invented institute teaches, and the sentences that people write into it."""

SUBJECTS: dict[str, tuple[str, str, str]] = {
    "MATH": (
        "Mathematics",
        "Algebra, functions and geometry for the final school years.",
        (
            "Number and indices 4|Linear equations 5|Quadratic equations 6|Functions and graphs 6|Sequences 4|"
            "Trigonometry 7|Vectors 6|Differentiation 8|Integration 8|Revision and past papers 6"
        ),
    ),
    "PHYS": (
        "Physics",
        "Mechanics, waves, electricity and a first look at modern physics.",
        (
            "Measurement and units 3|Motion 6|Forces 6|Energy and work 5|Waves 5|Refraction 4|Electric circuits 7|"
            "Magnetism 5|Heat 5|Atoms and radiation 6"
        ),
    ),
    "CHEM": (
        "Chemistry",
        "From atomic structure to organic chemistry, with laboratory work.",
        (
            "Atomic structure 4|Bonding 5|The mole 6|Energetics 5|Rates of reaction 5|Equilibria 5|Acids and bases 6|"
            "Redox 5|Organic chemistry 9|Analysis 4"
        ),
    ),
    "BIOL": (
        "Biology",
        "Cells, genes, bodies and ecosystems.",
        (
            "Cells 5|Enzymes 4|Transport 5|Respiration 5|Photosynthesis 4|Genetics 7|Evolution 4|Ecology 5|"
            "Homeostasis 6"
        ),
    ),
    "ENGL": (
        "English",
        "Reading closely and writing clearly.",
        (
            "Reading for meaning 4|Paragraphs 3|Argument 5|Poetry 6|Prose fiction 7|Drama 6|Editing 3|"
            "Examination practice 6"
        ),
    ),
    "COMP": (
        "Computer science",
        "Programming in Python, data and networks.",
        (
            "Thinking in steps 3|Variables and types 3|Selection and loops 5|Functions 5|Lists and dictionaries 5|"
            "Files 3|Algorithms 7|Databases 6|Networks 4|Project 10"
        ),
    ),
    "STAT": (
        "Statistics",
        "Describing data and reasoning under uncertainty.",
        (
            "Describing data 4|Probability 6|Random variables 5|The normal distribution 5|Sampling 4|"
            "Confidence intervals 5|Hypothesis tests 7|Regression 6"
        ),
    ),
    "ECON": (
        "Economics",
        "Markets, firms and the economy as a whole.",
        (
            "Scarcity and choice 3|Demand and supply 5|Elasticity 4|Costs and firms 6|Market failure 5|"
            "National income 5|Inflation 4|Trade 5|Policy 6"
        ),
    ),
    "ACCT": (
        "Accountancy",
        "Bookkeeping to final accounts.",
        (
            "Double entry 5|Ledgers 4|Trial balance 3|Adjustments 6|Final accounts 7|Partnerships 5|Companies 6|"
            "Ratios 4"
        ),
    ),
    "HIST": (
        "History",
        "Sources, causes and consequences.",
        (
            "Working with sources 4|Industrial change 6|Empires 6|The First World War 6|Between the wars 6|"
            "The Second World War 7|The Cold War 7|Essay practice 5"
        ),
    ),
    "FREN": (
        "French",
        "Everyday French for beginners.",
        (
            "Greetings and introductions 3|Family and home 4|Food 4|The past tense 6|Travel 4|Work and school 4|"
            "The future 5|Opinions 5|Conversation practice 6"
        ),
    ),
    "GUIT": (
        "Guitar",
        "Lessons for one, at the student's own pace.",
        (
            "Posture and tuning 2|Open chords 5|Strumming 4|Finger picking 6|Reading notation 6|Barre chords 6|"
            "Scales 5|A first recital 4"
        ),
    ),
}

ONE_TO_ONE_SUBJECTS = ("GUIT", "MATH", "ENGL", "FREN")

EXCUSED_REASONS = (
    "Doctor's appointment",
    "Ill, a guardian called",
    "Family wedding",
    "School examination",
    "Religious holiday",
    "Driving test",
    "Sports competition",
)
CORRECTION_REASONS = (
    "A guardian's note came in later",
    "Was ill, certificate shown",
    "Was at a school examination",
)
LATE_REASONS = ("Bus", "Traffic", "Overslept", "Came from another class", "Train cancelled")
ABSENT_NOTES = ("No answer on the phone", "Guardian informed", "Says she forgot")
CANCEL_REASONS = ("Power cut in the building", "Faculty ill, no substitute free", "Heavy rain, roads closed")
WALK_IN_NOTE = "Trial lesson"

BRANCHES = (
    ("MAIN", "Maple Grove Main Street"),
    ("RIVER", "Maple Grove Riverside"),
    ("HILL", "Maple Grove Hilltop"),
    ("PARK", "Maple Grove Park Lane"),
)


def topics_of(outline: str) -> list[tuple[str, int]]:
    """`Title hours|Title hours` as pairs, in order."""
    pairs = (entry.rsplit(" ", 1) for entry in outline.split("|"))
    return [(title, int(hours)) for title, hours in pairs]
