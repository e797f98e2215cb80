"""The words the example data is made of: names, organisations, badges and note texts.

Only data lives here; `generate.py` decides how it is combined. The three
organisations are invented, and so is every person made from these names.
"""

from dataclasses import dataclass
from typing import Any

Criteria = dict[str, Any]


# --- organisations ---------------------------------------------------------------


@dataclass(frozen=True)
class CoordinatorPlan:
    """A coordinator's key and chapters (by position); no chapters = everyone."""

    key: str
    chapters: tuple[int, ...] = ()


@dataclass(frozen=True)
class OrganisationPlan:
    slug: str
    name: str
    share_percent: int
    chapters: tuple[str, ...]
    coordinators: tuple[CoordinatorPlan, ...]
    settings: dict[str, str] | None
    type_weights: dict[str, int]


# The same key in two organisations is one user with assignments in both. Each
# organisation leaves a chapter to its organisation-wide coordinator alone.
ORGANISATIONS = (
    OrganisationPlan(
        slug="klangbro",
        name="Klangbro, foreningen for hørsel i hverdagen",
        share_percent=42,
        chapters=(
            "Oslo",
            "Akershus",
            "Innlandet",
            "Agder",
            "Vestland",
            "Trøndelag",
            "Nordland",
            "Finnmark",
        ),
        coordinators=(
            CoordinatorPlan("klangbro-landet"),
            CoordinatorPlan("klangbro-oslo", (0, 1)),
            CoordinatorPlan("klangbro-innlandet", (2,)),
            CoordinatorPlan("klangbro-vest", (3, 4)),
            CoordinatorPlan("klangbro-nord", (5, 6, 7)),
            CoordinatorPlan("felles-oslo", (0,)),
        ),
        settings={
            "reminder_thresholds_days": "{30,14,7}",
            "badges_enabled": "true",
            "website_sync_enabled": "true",
            "sync_max_attempts": "8",
        },
        type_weights={
            "one_to_one": 30,
            "phone_call": 14,
            "group_meeting": 20,
            "hospital_visit": 6,
            "lecture": 8,
            "online_chat": 22,
        },
    ),
    OrganisationPlan(
        slug="hjertevarden",
        name="Hjertevarden, foreningen for hjertesyke",
        share_percent=33,
        chapters=(
            "Oslo",
            "Østfold",
            "Buskerud",
            "Vestfold",
            "Rogaland",
            "Møre og Romsdal",
            "Troms",
        ),
        coordinators=(
            CoordinatorPlan("hjertevarden-landet"),
            CoordinatorPlan("hjertevarden-øst", (1, 2, 3)),
            CoordinatorPlan("hjertevarden-rogaland", (4,)),
            CoordinatorPlan("hjertevarden-troms", (6,)),
            CoordinatorPlan("hjertevarden-rogaland-2", (4,)),
            CoordinatorPlan("felles-oslo", (0,)),
        ),
        settings={
            "reminder_thresholds_days": "{60,30,14,7}",
            "badges_enabled": "true",
            "website_sync_enabled": "false",
            "sync_max_attempts": "5",
        },
        type_weights={
            "one_to_one": 24,
            "phone_call": 30,
            "group_meeting": 14,
            "hospital_visit": 24,
            "lecture": 4,
            "online_chat": 4,
        },
    ),
    # No settings row: here the defaults apply.
    OrganisationPlan(
        slug="leddlaget",
        name="Leddlaget, for revmatikere og pårørende",
        share_percent=25,
        chapters=(
            "Østfold",
            "Telemark",
            "Agder",
            "Vestland",
            "Trøndelag",
            "Nordland",
        ),
        coordinators=(
            CoordinatorPlan("leddlaget-landet"),
            CoordinatorPlan("leddlaget-sør", (0, 1, 2)),
            CoordinatorPlan("leddlaget-vestland", (3,)),
            CoordinatorPlan("leddlaget-trøndelag", (4,)),
            CoordinatorPlan("leddlaget-landet-2"),
        ),
        settings=None,
        type_weights={
            "one_to_one": 26,
            "phone_call": 28,
            "group_meeting": 28,
            "hospital_visit": 6,
            "lecture": 4,
            "online_chat": 8,
        },
    ),
)


# --- activity types --------------------------------------------------------------


@dataclass(frozen=True)
class ActivityShape:
    """What one activity type looks like; minutes are counted in steps of five."""

    modes: dict[str, int]
    shortest: int
    usual: int
    longest: int
    fewest: int
    most: int


ACTIVITY_SHAPES = {
    "one_to_one": ActivityShape({"in_person": 80, "online": 14, "phone": 6}, 30, 60, 120, 1, 2),
    "phone_call": ActivityShape({"phone": 1}, 10, 25, 60, 1, 1),
    "group_meeting": ActivityShape({"in_person": 84, "online": 16}, 60, 90, 180, 4, 18),
    "hospital_visit": ActivityShape({"in_person": 1}, 30, 60, 150, 1, 6),
    "lecture": ActivityShape({"in_person": 78, "online": 22}, 45, 60, 120, 8, 80),
    "online_chat": ActivityShape({"online": 1}, 10, 20, 45, 1, 1),
}


# --- badges ----------------------------------------------------------------------


@dataclass(frozen=True)
class Badge:
    slug: str
    name: str
    description: str
    criteria: Criteria
    is_active: bool = True


def leaf(metric: str, at_least: int, **filters: object) -> Criteria:
    return {"metric": metric, "at_least": at_least, **filters}


def all_of(*nodes: Criteria) -> Criteria:
    return {"all": list(nodes)}


def any_of(*nodes: Criteria) -> Criteria:
    return {"any": list(nodes)}


def during(first: str, last: str) -> Criteria:
    # `from` is a Python keyword and cannot be written as an argument.
    return {"from": first, "to": last}


def klangbro_badges() -> list[Badge]:
    return [
        Badge(
            "forste-samtale",
            "Første samtale",
            "Den aller første aktiviteten er registrert.",
            leaf("activity_count", 1),
        ),
        Badge(
            "god-i-gang",
            "God i gang",
            "Ti aktiviteter som likeperson.",
            leaf("activity_count", 10),
        ),
        Badge(
            "hundre-samtaler",
            "Hundre samtaler",
            "Hundre aktiviteter som likeperson.",
            leaf("activity_count", 100),
        ),
        Badge(
            "utholdende",
            "Utholdende øre",
            "Minst femti aktiviteter og femti timer til sammen.",
            all_of(leaf("activity_count", 50), leaf("minutes_total", 3000)),
        ),
        Badge(
            "trofast-lytter",
            "Trofast lytter",
            "Aktiv åtte uker på rad.",
            leaf("consecutive_weeks", 8),
        ),
        Badge(
            "digital-dorapner",
            "Digital døråpner",
            "Tjue aktiviteter på nett eller telefon.",
            leaf("activity_count", 20, delivery_modes=["online", "phone"]),
        ),
        Badge(
            "formidler",
            "Formidler",
            "Fem foredrag, eller to hundre deltakere i grupper og på foredrag.",
            any_of(
                leaf("activity_count", 5, activity_types=["lecture"]),
                leaf(
                    "participants_total",
                    200,
                    activity_types=["group_meeting", "lecture"],
                ),
            ),
        ),
        Badge(
            "aeresmerket",
            "Æresmerket",
            "Hundre samtaler, to år som likeperson og fire slags aktiviteter.",
            all_of(
                leaf("badge_earned", 1, badge="hundre-samtaler"),
                leaf("tenure_days", 730),
                leaf("distinct_activity_types", 4),
            ),
        ),
    ]


def hjertevarden_badges(year: int) -> list[Badge]:
    return [
        Badge(
            "forste-hjerteslag",
            "Første hjerteslag",
            "Den aller første aktiviteten er registrert.",
            leaf("activity_count", 1),
        ),
        Badge(
            "femti-timer",
            "Femti timer",
            "Femti timer sammen med andre hjertesyke.",
            leaf("minutes_total", 3000),
        ),
        Badge(
            "hjertevarmer",
            "Hjertevarmer",
            "Syttifem aktiviteter eller hundre timer.",
            any_of(leaf("activity_count", 75), leaf("minutes_total", 6000)),
        ),
        Badge(
            "sterk-puls",
            "Sterk puls",
            "Tjuefem aktiviteter, og enten mange timer eller mange flere møter.",
            all_of(
                leaf("activity_count", 25),
                any_of(leaf("minutes_total", 2000), leaf("activity_count", 60)),
            ),
        ),
        Badge(
            "sykehusvenn",
            "Sykehusvenn",
            "Ti besøk på sykehus.",
            leaf("activity_count", 10, activity_types=["hospital_visit"]),
        ),
        Badge(
            "jevn-rytme",
            "Jevn rytme",
            "Aktiv på seks ulike dager de siste tretti dagene.",
            leaf("distinct_days", 6, within_days=30),
        ),
        Badge(
            "hjertearet",
            f"Hjerteåret {year}",
            f"Tjue timer ansikt til ansikt i løpet av {year}.",
            leaf(
                "minutes_total",
                1200,
                delivery_modes=["in_person"],
                **during(f"{year}-01-01", f"{year}-12-31"),
            ),
        ),
        Badge(
            "gullhjertet",
            "Gullhjertet",
            "Hjertevarmer som har vært aktiv tolv måneder på rad.",
            all_of(
                leaf("badge_earned", 1, badge="hjertevarmer"),
                leaf("consecutive_months", 12),
            ),
        ),
    ]


def leddlaget_badges(year: int) -> list[Badge]:
    return [
        Badge(
            "velkommen-i-laget",
            "Velkommen i laget",
            "Den aller første aktiviteten er registrert.",
            leaf("activity_count", 1),
        ),
        Badge(
            "stodig-stotte",
            "Stødig støtte",
            "Tretti aktiviteter som likeperson.",
            leaf("activity_count", 30),
        ),
        Badge(
            "langdistanse",
            "Langdistanse",
            "Hundre timer, eller nitti timer fordelt på minst hundre aktiviteter.",
            any_of(
                leaf("minutes_total", 6000),
                all_of(leaf("minutes_total", 5400), leaf("activity_count", 100)),
            ),
        ),
        Badge(
            "hver-uke",
            "Hver uke",
            "Aktiv seks uker på rad.",
            leaf("consecutive_weeks", 6),
        ),
        Badge(
            "moteplassen",
            "Møteplassen",
            "Tre hundre deltakere i gruppemøter.",
            leaf("participants_total", 300, activity_types=["group_meeting"]),
        ),
        Badge(
            "allsidig",
            "Allsidig",
            "Fem slags aktiviteter det siste året.",
            leaf("distinct_activity_types", 5, within_days=365),
        ),
        Badge(
            "hedersmerket",
            "Hedersmerket",
            "Stødig støtte gjennom tre år, eller gjennom tolv måneder på rad.",
            all_of(
                leaf("badge_earned", 1, badge="stodig-stotte"),
                any_of(leaf("tenure_days", 1095), leaf("consecutive_months", 12)),
            ),
        ),
        Badge(
            "sommerstafetten",
            f"Sommerstafetten {year - 1}",
            f"Fem aktiviteter sommeren {year - 1}. Stafetten er avsluttet.",
            leaf("activity_count", 5, **during(f"{year - 1}-06-15", f"{year - 1}-08-15")),
            is_active=False,
        ),
    ]


def badges_by_organisation(year: int) -> dict[str, list[Badge]]:
    return {
        "klangbro": klangbro_badges(),
        "hjertevarden": hjertevarden_badges(year),
        "leddlaget": leddlaget_badges(year),
    }


# --- people ----------------------------------------------------------------------


@dataclass(frozen=True)
class NamePool:
    given: tuple[str, ...]
    family: tuple[str, ...]


def pool(given: str, family: str) -> NamePool:
    return NamePool(tuple(given.split()), tuple(family.split()))


NORWEGIAN = pool(
    "Anne Anne-Grethe Arne Asbjørn Astrid Audun Berit Bjarte Bjørg Bjørn Borghild "
    "Brit Dag Edvard Eirik Eldbjørg Elin Erling Eva Finn Frøydis Geir Gerd Grete "
    "Gro Gudrun Gunnar Guro Hallvard Hanne Harald Heidi Helge Hilde Håkon Håvard "
    "Inger Ingrid Ivar Jan-Erik Jorunn Jørgen Kari Kjell Kjersti Kjetil Knut "
    "Kåre Laila Leif Liv Magne Magnhild Marit Mette Nina Odd Odd-Arne Ola Ole-Petter "
    "Olaug Per Pål Ragnhild Randi Reidun Roar Rolf Rune Sigrid Sissel Siv Snorre "
    "Solveig Stein Steinar Svein Synnøve Sølvi Terje Tone Tor Torbjørg Torbjørn "
    "Tore Torill Trond Trygve Turid Tørres Unni Vebjørn Vidar Wenche Øystein "
    "Øyvind Åge Åse Åshild Ådne",
    "Aamodt Andersen Aune Bakke Berg Berge Bjerke Bjørgum Brekke Bråthen Dahl Dalen "
    "Eide Ellingsen Engen Eriksen Fjeld Fossum Foss Gjerde Grønli Gundersen Hagen "
    "Halvorsen Hansen Haugen Haugland Helgesen Hoel Holm Hovland Håland Iversen "
    "Jacobsen Jensen Johansen Kristiansen Kvamme Larsen Lie Lund Løken Løvås Moen "
    "Myhre Myklebust Nilsen Nygård Næss Olsen Opsahl Pedersen Rønning Røsvik Sandvik "
    "Skogen Skår Solberg Solheim Steinsvik Strand Sunde Sætre Sørbø Sørensen Tangen "
    "Tveit Tønnessen Ueland Ulriksen Vik Voll Ødegård Økland Ørjansen Østby Øverland "
    "Ågren Ås Årdal",
)

SAMI = pool(
    "Áile Ánde Ánte Biret Elle-Márjá Gáddjá Inga Issát Jovnna Máhtte Máret Mihkkal "
    "Nils-Ánte Ovllá Ravna Rávdná Sárá Siri-Máret Jon-Ánte Lásse Johán-Máhtte",
    "Anti Balto Buljo Eira Gaup Guttorm Hætta Juuso Kemi Magga Nutti Oskal Sara "
    "Siri Somby Triumf Utsi Valkeapää",
)

# A given name is only ever paired with a family name of the same language.
IMMIGRANT = (
    pool("Amina Faisal Hodan Mustafe Sahra", "Abdi Farah Hassan Jama Warsame"),
    pool("Ayesha Bilal Imran Nadia Usman", "Akhtar Bhatti Hussain Mahmood Qureshi"),
    pool(
        "Agnieszka Grażyna Łukasz Małgorzata Wojciech",
        "Dąbrowski Jabłoński Kowalczyk Wiśniewski Wójcik",
    ),
    pool("Bình Đức Hương Lan Tuấn", "Đặng Lê Nguyễn Phạm Trần"),
    pool("Kavitha Nirmala Priya Suresh", "Balakrishnan Rajah Sivapalan Thambirajah"),
    pool("Abeba Filmon Selam Yonas", "Ghebremedhin Habte Kidane Tesfay"),
    pool("Darya Farhad Parisa Shirin", "Ahmadi Hosseini Karimi Rostami"),
    pool("Ayşe Emre Gülşen Mehmet", "Çelik Kaya Öztürk Şahin"),
    pool("Iryna Kateryna Oleksandr Serhii", "Bondarenko Kovalenko Shevchuk Tkachenko"),
    pool("Analyn Jocelyn Marites Rodel", "Bautista Reyes Santos Villanueva"),
)

# Domains nobody can own (RFC 2606): mail to them goes nowhere.
MAIL_DOMAINS = (
    "example.com",
    "example.com",
    "example.org",
    "example.net",
    "post.example",
)


# --- notes -----------------------------------------------------------------------

# {person} is somebody the mentor met; every text carries a name and a contact.
NOTES = (
    "Snakket med {person} om å komme i gang etter operasjonen. Kan nås på {phone}.",
    "{person} vil gjerne ha et nytt møte om to uker, skriv til {email}.",
    "God samtale. {person} har det tungt hjemme, og ba meg ringe {phone} på torsdag.",
    "Oppfølging av {person} ({email}). Usikker på høreapparatet, prøver en gang til.",
    'Ektefellen, {other}, var med. {person} sa: "Endelig noen som forstår." {phone}',
    "Møtte {person} på poliklinikken; avtalte å ringe {phone} før neste kontroll.",
    "Første møte med {person}.\nØnsker kontakt med andre pårørende.\nE-post: {email}",
    "{person} kom ikke. Prøvde {phone} to ganger, la igjen beskjed til {other}.",
    "Gikk tur med {person} og {other}, snakket om å være på jobb. Tar kontakt: {email}",
    "Ny i gruppa: {person}, tlf. {phone}. Trenger skyss og sitter helst nær døra.",
    "{person} ba om foredraget, jeg sendte det til {email}. Kom sammen med {other}.",
    "Samtale med {person} på chat. Fastlegen er orientert. Mobil {phone}, helst kveld.",
    "Gruppa planla høsttreff; {person} og {other} tar kaffen. Påmelding til {email}.",
    'Sliten etter helga, men "bedre enn sist", sier {person}. Ny avtale: sms {phone}.',
)

NOTES_WITH_NATIONAL_ID = (
    "{person}, f.nr. {national_id}, trenger hjelp med søknaden til NAV. Tlf. {phone}.",
    "Hjalp {person} ({national_id}) med skjemaet for reiseutgifter, kopi til {email}.",
    "Erklæring for {person}, fødselsnr. {national_id}. Ring {phone} når den kommer.",
)
