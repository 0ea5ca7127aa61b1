import numpy as np

from deltarule.equations.random import draws, key, shuffle


def test_draws_are_splitmix64s_published_numbers():
    # Vigna's splitmix64.c from state 1234567
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert draws(1234567, 0, 5).tolist() == expected


def test_a_counter_continues_the_sequence():
    assert draws(9, 3, 2).tolist() == draws(9, 0, 5)[3:].tolist()


def test_shuffles_are_permutations_repeatable_and_evenly_spread():
    counts, counter = np.zeros((4, 4)), 0
    for _ in range(4000):
        order = np.arange(4)
        counter = shuffle(order, 11, counter)
        assert sorted(order.tolist()) == [0, 1, 2, 3]
        counts[np.arange(4), order] += 1
    assert counter == 4000 * 3
    assert np.abs(counts - 1000).max() < 130  # 4.7 standard deviations of a binomial(4000, 1/4)


def test_keys_of_neighbouring_seeds_differ():
    assert len({key(seed) for seed in range(100)}) == 100


def test_one_sample_needs_no_draw():
    assert shuffle(np.arange(1), 1, 5) == 5
