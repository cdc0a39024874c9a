"""What was typed, as the index is asked.

Better matches come first, whatever their words weigh: the exact phrase, the phrase without marks, all words
with their marks, all words. Marks that were typed count; where none were typed, none are asked for.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import tantivy

from storage.search.model import Query, Scope
from storage.search.schema import HIGHEST_SENSITIVITY, access_term
from vietnamese.analysis import Token, pairs, tokens

MOST_WORDS = 32  # of a query; what follows is left out
EXACT_PHRASE = 100_000.0  # tiers; the words' own weights (BM25, ≤ 30 each at a million pages) stay below 3000
FOLDED_PHRASE = 10_000.0
EXACT_WORDS = 3_000.0
_ENOUGH, _MANY = 0.6, 3  # the part of so many words or more that is enough where few pages have all

_QUOTED = re.compile('["“”„«»]([^"“”„«»]*)["“”„«»]')
_Clause = tuple[tantivy.Occur, tantivy.Query]
MUST, SHOULD = tantivy.Occur.Must, tantivy.Occur.Should


@dataclass(frozen=True)
class Asked:
    """The words of a query: quoted phrases, which must stand as they are, and loose words."""

    phrases: tuple[tuple[Token, ...], ...]
    loose: tuple[Token, ...]

    @property
    def is_empty(self) -> bool:
        """Is there nothing to look for?"""
        return not self.phrases and not self.loose

    @property
    def parts(self) -> tuple[tuple[Token, ...], ...]:
        """The phrases and the loose words, each in the order typed."""
        return (*self.phrases, self.loose) if self.loose else self.phrases


def asked(text: str) -> Asked:
    """Take the typed text apart; whatever is no word or closed quotation is passed over."""
    phrases = tuple(tuple(tokens(part))[:MOST_WORDS] for part in _QUOTED.findall(text))
    loose = tuple(tokens(_QUOTED.sub(" ", text)))[:MOST_WORDS]
    return Asked(tuple(phrase for phrase in phrases if phrase)[:MOST_WORDS], loose)


def widening(words: Asked) -> tuple[int, ...]:
    """How many different loose words a page must have: all, most of them, any one (none beside a phrase)."""
    different = len({token.folded for token in words.loose})
    most = math.ceil(different * _ENOUGH) if different >= _MANY else different
    fewest = 0 if words.phrases else min(different, 1)
    return tuple(sorted({different, most, fewest}, reverse=True))


def index_query(schema: tantivy.Schema, query: Query, words: Asked, required: int) -> tantivy.Query:
    """The index's query for pages with all quoted phrases and `required` different loose words."""
    ask = _Asking(schema)
    clauses = [(MUST, tantivy.Query.const_score_query(narrowing, 0.0)) for narrowing in _narrowed(ask, query)]
    clauses += [(MUST, ask.as_written(phrase)) for phrase in words.phrases]
    if required:
        clauses.append((MUST, ask.any_of({token.folded for token in words.loose}, required)))
    if words.loose:
        clauses += ask.better(words.loose)
    return tantivy.Query.boolean_query(clauses)


def has_marks(part: Sequence[Token]) -> bool:
    """Was any of these words typed with marks?"""
    return any(token.has_marks for token in part)


@dataclass(frozen=True)
class _Asking:
    schema: tantivy.Schema

    def term(self, field: str, value: str | int) -> tantivy.Query:
        option = "freq" if field == "folded" else "position" if field in {"pairs", "exact"} else "basic"
        return tantivy.Query.term_query(self.schema, field, value, index_option=option)

    def phrase(self, field: str, words: Sequence[str]) -> tantivy.Query:
        if len(words) == 1:  # the index knows no phrase of one word
            return self.term(field, words[0])
        return tantivy.Query.phrase_query(self.schema, field, list(words))

    def exact_phrase(self, part: Sequence[Token]) -> tantivy.Query:
        return self.phrase("exact", [token.exact for token in part])

    def folded_phrase(self, part: Sequence[Token]) -> tantivy.Query:
        folded = [token.folded for token in part]
        return self.phrase("pairs", pairs(folded)) if len(folded) > 1 else self.term("folded", folded[0])

    def as_written(self, part: Sequence[Token]) -> tantivy.Query:
        """A quoted phrase: with its marks where it was typed with any."""
        return self.exact_phrase(part) if has_marks(part) else self.folded_phrase(part)

    def any_of(self, folded: Iterable[str], required: int) -> tantivy.Query:
        terms = [(SHOULD, self.term("folded", one)) for one in sorted(folded)]
        if required == len(terms):
            return tantivy.Query.boolean_query([(MUST, term) for _should, term in terms])
        return tantivy.Query.boolean_query(terms, minimum_number_should_match=required)

    def better(self, loose: Sequence[Token]) -> list[_Clause]:
        """What lifts a page above others that match as well."""
        near = [self.term("pairs", pair) for pair in sorted(set(pairs([token.folded for token in loose])))]
        if len(loose) > 1:
            near.append(tantivy.Query.const_score_query(self.folded_phrase(loose), FOLDED_PHRASE))
        if has_marks(loose):
            exact = [self.term("exact", one) for one in sorted({t.exact for t in loose if t.has_marks})]
            every = tantivy.Query.boolean_query([(MUST, term) for term in exact])
            near += [*exact, tantivy.Query.const_score_query(every, EXACT_WORDS)]
            near.append(tantivy.Query.const_score_query(self.exact_phrase(loose), EXACT_PHRASE))
        return [(SHOULD, one) for one in near]


def _narrowed(ask: _Asking, query: Query) -> Iterable[tantivy.Query]:
    yield tantivy.Query.term_set_query(ask.schema, "access", _seen_by(query.scope))
    if query.year is not None:
        yield ask.term("year", query.year)
    if query.procedure is not None:
        yield ask.term("procedure", query.procedure)


def _seen_by(scope: Scope) -> list[str]:
    levels = range(min(scope.clearance, HIGHEST_SENSITIVITY) + 1)
    return [access_term(unit, level) for unit in sorted(scope.units) for level in levels]
