"""The question set that selfexplain gates itself with: nine kinds of short questions, from easy to hard.

Free text of the kinds that the embedded model answers with very different success, and none of the quickstart's
questions. Words stand below, numbers come from a seed; what can be computed (sums, number words, the calendar) is.
"""

import random
from collections.abc import Callable, Iterator
from itertools import zip_longest

from selfexplain.datasets.quickstart import SHOWN_AS_EXAMPLES, quickstart
from selfexplain.records import Dataset, Item

NAME = "selfgate"
VERSION = "1"
SEED = 20261127
PER_GROUP = 40

CAPITALS = """Greece=Athens China=Beijing Sweden=Stockholm Norway=Oslo Denmark=Copenhagen Cuba=Havana Hungary=Budapest
Belgium=Brussels Peru=Lima Chile=Santiago Mongolia=Ulaanbaatar/Ulan_Bator Iran=Tehran Iraq=Baghdad Syria=Damascus
Lebanon=Beirut Jordan=Amman Afghanistan=Kabul Nepal=Kathmandu Bangladesh=Dhaka Pakistan=Islamabad India=New_Delhi
Cambodia=Phnom_Penh Laos=Vientiane Malta=Valletta South_Korea=Seoul Azerbaijan=Baku Armenia=Yerevan Romania=Bucharest
Bulgaria=Sofia Croatia=Zagreb Albania=Tirana Estonia=Tallinn Latvia=Riga Lithuania=Vilnius Iceland=Reykjavik
Ethiopia=Addis_Ababa Ghana=Accra Nigeria=Abuja Uganda=Kampala Ecuador=Quito"""

CONTINENTS = """Germany=Europe Ghana=Africa Vietnam=Asia Norway=Europe Nigeria=Africa Nepal=Asia Poland=Europe
Kenya=Africa Thailand=Asia Spain=Europe Chad=Africa Iraq=Asia Sweden=Europe Mali=Africa Laos=Asia Austria=Europe
Zambia=Africa Mongolia=Asia Belgium=Europe Uganda=Africa Cambodia=Asia Finland=Europe Angola=Africa Myanmar=Asia
Ireland=Europe Senegal=Africa Pakistan=Asia Hungary=Europe Namibia=Africa Bhutan=Asia Croatia=Europe Rwanda=Africa
Bangladesh=Asia Estonia=Europe Gabon=Africa Afghanistan=Asia Albania=Europe Togo=Africa Uzbekistan=Asia Latvia=Europe"""

OPPOSITES = """tall=short young=old open=closed/shut/close love=hate/hatred north=south winter=summer
expand=contract/shrink arrive=depart/leave brave=cowardly/timid/afraid humid=dry/arid inferior=superior sparse=dense
cheap=expensive/costly/dear day=night up=down left=right black=white good=bad/evil light=dark/heavy long=short wet=dry
full=empty heavy=light/lightweight clean=dirty/unclean noisy=quiet/silent/calm buy=sell win=lose
above=below/under/beneath inside=outside first=last near=far/distant thick=thin asleep=awake remember=forget
success=failure generous=stingy/selfish/mean ancient=modern/new/recent majority=minority victory=defeat/loss
internal=external"""

PLURALS = """dog=dogs box=boxes child=children mouse=mice city=cities leaf=leaves goose=geese man=men tooth=teeth
crisis=crises ox=oxen knife=knives church=churches baby=babies potato=potatoes wolf=wolves foot=feet woman=women
wife=wives key=keys party=parties tomato=tomatoes half=halves day=days loaf=loaves thief=thieves shelf=shelves
country=countries watch=watches glass=glasses story=stories life=lives louse=lice analysis=analyses oasis=oases
monkey=monkeys fox=foxes lady=ladies calf=calves thesis=theses"""

MONTHS = "January February March April May June July August September October November December"
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"

UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def selfgate() -> Dataset:
    """Return the 358 Items, one of each group in turn, so that the first few already hold all nine.

    Examples
    --------
    >>> dataset = selfgate()
    >>> len(dataset.items), [item.question for item in dataset.items[:2]]
    (358, ['What is the capital of Greece?', 'Which continent is Germany in?'])
    """
    draw = random.Random(SEED).random  # noqa: S311 - question making, not cryptography
    groups = (
        pairs("capitals", "What is the capital of {}?", CAPITALS, source="United Nations, list of member states"),
        pairs("continents", "Which continent is {} in?", CONTINENTS, source="United Nations M49, geographic regions"),
        pairs("opposites", "What is the opposite of {}?", OPPOSITES, source="any English dictionary, antonyms"),
        pairs("plurals", "What is the plural of {}?", PLURALS, source="any English dictionary, plurals"),
        calendar(),
        numbers("sums", lambda step: summed(draw, step)),
        numbers("products", lambda step: multiplied(draw, step)),
        numbers("larger", lambda step: compared(draw, step)),
        numbers("number words", lambda step: spelled(draw, step)),
    )
    in_turn = (item for row in zip_longest(*groups) for item in row if item is not None)
    return Dataset(name=NAME, version=VERSION, items=tuple(in_turn))


def pairs(group: str, question: str, table: str, *, source: str) -> Iterator[Item]:
    """Yield an Item for each `word=answer/alias` of a table, in which a space within a name is written `_`."""
    for number, entry in enumerate(table.split(), 1):
        word, answers = entry.replace("_", " ").split("=")
        text = question.format(word)
        yield Item(f"{group}-{number:02}", text, tuple(answers.split("/")), group=group, source=source)


def calendar() -> Iterator[Item]:
    """Yield the month and the day that come before and after each."""
    number = 0
    for unit, names in (("month", MONTHS.split()), ("day", DAYS.split())):
        for step, where in ((1, "after"), (-1, "before")):
            for place, name in enumerate(names):
                number += 1
                text, gold = f"Which {unit} comes {where} {name}?", names[(place + step) % len(names)]
                yield Item(f"calendar-{number:02}", text, (gold,), group="calendar", source="the Gregorian calendar")


def numbers(group: str, make: Callable[[int], tuple[str, int]]) -> Iterator[Item]:
    """Yield Items from a maker of questions with whole numbers as answers; the step from 0 to 3 says how hard."""
    seen = {key_of(item.question) for item in quickstart().items}
    seen |= {key_of(f"What is {a} + {b}?") for a, b in SHOWN_AS_EXAMPLES}
    for number in range(PER_GROUP):
        while True:
            question, gold = make(4 * number // PER_GROUP)
            if key_of(question) not in seen:
                break
        seen.add(key_of(question))
        yield Item(
            f"{group.replace(' ', '-')}-{number + 1:02}",
            question,
            (str(gold),),
            group=group,
            grader="numeric",
            source=f"arithmetic; numbers drawn with seed {SEED}",
        )


def key_of(question: str) -> tuple[str, ...]:
    """Return what is the same for two questions that differ only in the order of their words: 3 + 8 and 8 + 3."""
    return tuple(sorted(question.rstrip("?").replace(",", "").split()))


def between(draw: Callable[[], float], low: int, high: int) -> int:
    """Return a whole number from low to high, from the one generator method whose sequence Python promises to keep."""
    return low + int(draw() * (high - low + 1))


def summed(draw: Callable[[], float], step: int) -> tuple[str, int]:
    """Return a sum, in which digits grow from one and one to two and two."""
    a = between(draw, *((2, 9), (10, 49), (50, 99), (10, 99))[step])
    b = between(draw, *((2, 9), (2, 9), (2, 9), (10, 99))[step])
    return f"What is {a} + {b}?", a + b


def multiplied(draw: Callable[[], float], step: int) -> tuple[str, int]:
    """Return a product of two numbers below 10, or of one below 10 and one below 30."""
    a, b = between(draw, *((2, 5), (3, 9), (6, 12), (11, 29))[step]), between(draw, 2, 9)
    return f"What is {a} x {b}?", a * b


def compared(draw: Callable[[], float], step: int) -> tuple[str, int]:
    """Return which of two different numbers of one, two, two or three digits is larger."""
    low, high = ((0, 9), (10, 99), (30, 69), (100, 999))[step]
    a, b = between(draw, low, high), between(draw, low, high - 1)
    b += b >= a
    return f"Which is larger, {a} or {b}?", max(a, b)


def spelled(draw: Callable[[], float], step: int) -> tuple[str, int]:
    """Return a number in words, from one digit to three."""
    number = between(draw, *((0, 19), (20, 59), (60, 99), (100, 999))[step])
    return f"Which number is {in_words(number)}?", number


def in_words(number: int) -> str:
    """Return a number from 0 to 999 in English words.

    >>> in_words(7), in_words(40), in_words(91), in_words(300), in_words(412)
    ('seven', 'forty', 'ninety-one', 'three hundred', 'four hundred and twelve')
    """
    units, tens = UNITS.split(), TENS.split()
    if number < 20:
        return units[number]
    if number < 100:
        return tens[number // 10 - 2] + (f"-{units[number % 10]}" if number % 10 else "")
    rest = number % 100
    return f"{units[number // 100]} hundred" + (f" and {in_words(rest)}" if rest else "")
