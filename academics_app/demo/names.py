"""Invented people: names from many cultures, telephone numbers and addresses that belong to nobody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from academics_app.core.search import normalise


@dataclass(frozen=True, slots=True)
class Culture:
    """Names that go together. `written_whole`: family name first, in one word, kept as the given name."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    weight: int
    written_whole: bool = False


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


_CULTURES = (
    Culture(
        given=_names(
            "Amelia, Benjamin, Charlotte, Daniel, Eleanor, Finn, Grace, Henry, Isla, Jack, Lily, "
            "Mason, Nora, Oliver, Poppy, Rose, Samuel, Theo, Violet, William, Zoe, Mary-Jane"
        ),
        family=_names(
            "Ashworth, Barker, Carrow, Dunmore, Ellery, Fairfax, Granger, Hollis, Ingram, Kestrel, "
            "Lockhart, Merriweather, Northcott, Pemberton, Quayle, Radcliffe, Smith-Jones, Thackeray, "
            "Underhill, Wexford"
        ),
        weight=20,
    ),
    Culture(
        given=_names("Aoife, Cian, Ciara, Declan, Fionn, Niamh, Oisín, Róisín, Seán, Siobhán"),
        family=_names("O'Brien, O’Connor, Murphy, Ní Dhomhnaill, Mac Giolla Phádraig, Kelleher, Byrne"),
        weight=6,
    ),
    Culture(
        given=_names(
            "José, María, Lucía, Santiago, Valentina, Andrés, Camila, Íñigo, Ximena, Julián, Inés, "
            "Joaquín, Beatriz"
        ),
        family=_names(
            "García, Fernández, Muñoz, Ibáñez, Peña, Rodríguez, Núñez, Quiñones, Cortés, Ávila, de la "
            "Cruz, García Márquez"
        ),
        weight=12,
    ),
    Culture(
        given=_names(
            "Aarav, Ananya, Arjun, Diya, Ishaan, Kavya, Lakshmi, Meera, Nikhil, Priya, Rohan, Saanvi, "
            "Tara, Vikram, Yash"
        ),
        family=_names(
            "Sharma, Iyer, Patel, Reddy, Banerjee, Chatterjee, Deshmukh, Gupta, Kulkarni, Menon, "
            "Nair, Singh, Venkatanarasimharajuvaripeta, Krishnamurthy Subramaniam"
        ),
        weight=20,
    ),
    Culture(
        given=_names("小明, 美玲, 浩然, 子涵, 雨桐, 思远, 佳怡, 志强, 晓雪, 一诺"),
        family=_names("王, 李, 张, 刘, 陈, 杨, 黄, 赵, 周, 欧阳"),
        weight=6,
        written_whole=True,
    ),
    Culture(
        given=_names("Minh, Linh, Thảo, Đức, Hương, Phúc, Ngọc, Quân"),
        family=_names("Nguyễn, Trần, Lê, Phạm, Huỳnh, Đặng"),
        weight=5,
    ),
    Culture(
        given=_names("Yusuf, Amina, Omar, Layla, Karim, Fatima, Hassan, Noor, Zaynab, Idris"),
        family=_names("Al-Masri, Haddad, El-Amin, Rahman, Khalil, bin Abdulrahman, Siddiqui"),
        weight=8,
    ),
    Culture(
        given=_names("Adaeze, Chidi, Kwame, Amara, Kofi, Ngozi, Thabo, Zanele, Tendai, Oluwaseun"),
        family=_names(
            "Okafor, Mensah, Nkosi, Dlamini, Adeyemi, Achebe, Oyelowo, Boateng, Oluwadamilola-Adeyinka"
        ),
        weight=8,
    ),
    Culture(
        given=_names("Łukasz, Zofia, Jiří, Božena, Ivana, Mateja, Šimon, Agnieszka, Dmytro, Oksana"),
        family=_names("Wójcik, Kowalczyk, Dvořák, Novotná, Černý, Šimić, Shevchenko, Żółkiewski"),
        weight=6,
    ),
    Culture(
        given=_names("Jürgen, Anneliese, Björn, Søren, Åsa, Freja, Émilie, Chloé, François, Maëlys"),
        family=_names(
            "Müller, Größmann, Lindström, Ødegård, Lefèvre, Dubois, Åkesson, von Hohenberg, van der "
            "Berg, de Saint-Exupère"
        ),
        weight=7,
    ),
    Culture(
        given=_names("김민준, 이서연, 박지호, 최수아, 佐藤陽葵, 鈴木蓮, 高橋結衣"),
        family=("",),
        weight=2,
        written_whole=True,
    ),
    Culture(
        given=_names("Leilani, Kalani, Aroha, Wiremu, Sione, Mele"),
        family=_names("Kahananui, Tāmati, Fa'asavalu, Kealiʻiwahamana"),
        weight=3,
    ),
    Culture(
        given=_names("Wulandari, Teferi, Madhuri, Sukarni"),
        family=("",),
        weight=1,
    ),
)
_WEIGHTS = [culture.weight for culture in _CULTURES]


@dataclass(frozen=True, slots=True)
class Name:
    given: str
    family: str

    @property
    def full(self) -> str:
        return f"{self.given} {self.family}".strip()


@dataclass(frozen=True, slots=True)
class Family:
    """A surname and where its members' first names come from."""

    culture: Culture
    family: str

    def members(self, count: int, rng: Random) -> list[Name]:
        """Different first names, as far as the culture's list reaches."""
        given = self.culture.given
        drawn = rng.sample(given, count) if count <= len(given) else rng.choices(given, k=count)
        if self.culture.written_whole:
            return [Name(self.family + each, "") for each in drawn]
        return [Name(each, self.family) for each in drawn]


def make_family(rng: Random) -> Family:
    """A surname drawn by how common its culture is here."""
    culture = rng.choices(_CULTURES, _WEIGHTS)[0]
    return Family(culture, rng.choice(culture.family))


def phone_numbers() -> Iterator[str]:
    """Distinct numbers in E.164 out of the range 555-0100…0199, which is kept free for fiction."""
    for line in range(100):
        for area in range(201, 1000):
            if area % 100 != 11:
                yield f"+1{area}55501{line:02d}"


def email_address(name: Name, number: int, domain: str) -> str:
    """An address under a domain that is reserved for examples; `number` makes it unique."""
    local = re.sub(r"[^a-z]+", ".", normalise(name.full)).strip(".") or "user"
    return f"{local[:40]}.{number}@{domain}"
