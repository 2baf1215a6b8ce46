"""Changes bytes at random, the same way for the same seed; it does not know what the bytes mean."""

from collections.abc import Callable, Sequence
from random import Random

LONGEST_RUN = 2000


def case_random(seed: int, case: int) -> Random:
    """The randomness of one case: told by the seed and its number alone, so that one case can be repeated."""
    return Random(f"{seed}/{case}")


def mutate(random: Random, data: bytes, shards: Sequence[bytes]) -> bytes:
    """Change `data` in one to four places."""
    for _ in range(random.randint(1, 4)):
        data = random.choice(MUTATIONS)(random, data, shards)
    return data


def random_bytes(random: Random, longest: int) -> bytes:
    """Bytes of any kind; every second time most of them are printable."""
    length = random.randint(0, longest)
    if random.random() < 0.5:
        return random.randbytes(length)
    return bytes(random.choices(b'ABCabc019_ ;=:/<*?."\\\n{}[],', k=length))


def split(random: Random, data: bytes, pieces: int) -> list[bytes]:
    """Cut `data` at random places."""
    cuts = sorted(random.randint(0, len(data)) for _ in range(pieces - 1))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def _span(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice((1, 1, 2, 4, 16)))


def _flip_bit(random: Random, data: bytes, _shards: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _remove(random: Random, data: bytes, _shards: Sequence[bytes]) -> bytes:
    start, end = _span(random, data)
    return data[:start] + data[end:]


def _repeat(random: Random, data: bytes, _shards: Sequence[bytes]) -> bytes:
    start, end = _span(random, data)
    return data[:start] + data[start:end] * random.choice((2, 3, 100)) + data[end:]


def _insert_shard(random: Random, data: bytes, shards: Sequence[bytes]) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + random.choice(shards) + data[at:]


def _replace_by_shard(random: Random, data: bytes, shards: Sequence[bytes]) -> bytes:
    start, end = _span(random, data)
    return data[:start] + random.choice(shards) + data[end:]


def _insert_run(random: Random, data: bytes, _shards: Sequence[bytes]) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + random.randbytes(1) * random.randint(1, LONGEST_RUN) + data[at:]


def _insert_noise(random: Random, data: bytes, _shards: Sequence[bytes]) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + random.randbytes(random.randint(1, 8)) + data[at:]


def _swap(random: Random, data: bytes, _shards: Sequence[bytes]) -> bytes:
    one, two = sorted((random.randint(0, len(data)), random.randint(0, len(data))))
    return data[two:] + data[one:two] + data[:one]


def _truncate(random: Random, data: bytes, _shards: Sequence[bytes]) -> bytes:
    return data[: random.randint(0, len(data))]


Mutation = Callable[[Random, bytes, Sequence[bytes]], bytes]
MUTATIONS: tuple[Mutation, ...] = (
    _flip_bit,
    _remove,
    _repeat,
    _insert_shard,
    _insert_shard,
    _replace_by_shard,
    _replace_by_shard,
    _insert_run,
    _insert_noise,
    _swap,
    _truncate,
)
