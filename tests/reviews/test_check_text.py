from datetime import timedelta

import pytest

from reviews.services.check_text import Signs, check_text, digest_of

CALM = "Сплав прошёл отлично: проводники внимательные, лодки новые, костёр каждый вечер."


def reasons(text: str, **signs: object) -> tuple[str, ...]:
    return check_text(text=text, signs=Signs(**signs)).reasons  # type: ignore[arg-type]


class TestCheckText:
    @pytest.mark.parametrize(
        "text",
        [
            CALM,
            "The guides were patient, the boats were new, and the river was cold. We will come again!",
            "Колебались, но не пожалели. Мудрый инструктор, сшитые заново палатки, 12.5 км за день.",
            "Рассказывали про ГЭС, МЧС и GPS. Стоило 8 500 рублей, вода +7 градусов.",
            "Не ожидали: застраховали, подстраховали, команда хороша! Учебно, потребляли много сил.",
        ],
    )
    def test_finds_nothing_in_honest_words(self, text: str) -> None:
        assert reasons(text) == ()

    @pytest.mark.parametrize(
        "text",
        [
            "Организация — полное дерьмо, никому не советую.",
            "Это был пиздец, больше никогда не поеду туда.",
            "Организаторы заебали опозданиями, никогда больше.",
            "xуйня, а не поход, деньги на ветер выброшены",
            "What a shitty trip, the motherfuckers were late.",
            "Лучше играть в КАЗИНО, чем ехать сюда второй раз",
        ],
    )
    def test_names_stop_words_in_both_languages_and_in_disguise(self, text: str) -> None:
        assert reasons(text) == ("stop_word",)

    @pytest.mark.parametrize(
        "link",
        [
            "https://rafting.example/offer",
            "www.rafting.example",
            "rafting-altai.ru",
            "сплавы.рф",
            "t.me/raft",
            "@raft_bot",
            "guide@example.com",
            "+7 (913) 123-45-67",
            "8 913 123 45 67",
        ],
    )
    def test_names_links_and_contacts(self, link: str) -> None:
        assert reasons(f"Записывайтесь у нас: {link} — там дешевле.") == ("link",)

    @pytest.mark.parametrize("text", ["ЭТО БЫЛ САМЫЙ ЛУЧШИЙ ПОХОД В МОЕЙ ЖИЗНИ", "Лучший поход в моей жизни!!!!!"])
    def test_names_shouting(self, text: str) -> None:
        assert reasons(text) == ("shouting",)

    def test_names_a_copy(self) -> None:
        assert reasons(CALM, is_duplicate=True) == ("duplicate",)

    def test_names_many_reviews_at_once(self) -> None:
        assert reasons(CALM, written_lately=2) == ()
        assert reasons(CALM, written_lately=3) == ("too_fast",)

    def test_takes_a_new_account_for_a_mild_sign(self) -> None:
        verdict = check_text(text=CALM, signs=Signs(account_age=timedelta(hours=2)))

        assert (verdict.reasons, verdict.is_clean) == (("new_account",), True)

    def test_adds_signs_up_and_names_the_heaviest_first(self) -> None:
        verdict = check_text(
            text="ЗАПИСЫВАЙТЕСЬ В НАШЕ КАЗИНО НА WWW.CASINO.EXAMPLE", signs=Signs(account_age=timedelta(0))
        )

        assert verdict.reasons == ("stop_word", "link", "shouting", "new_account")
        assert (verdict.score, verdict.is_clean) == (130, False)


class TestDigestOf:
    def test_is_the_same_for_another_case_spacing_and_punctuation(self) -> None:
        assert digest_of("Отличный  СПЛАВ, ещё!") == digest_of("отличный сплав еще")

    def test_differs_with_a_word(self) -> None:
        assert digest_of("отличный сплав") != digest_of("отличный поход")
